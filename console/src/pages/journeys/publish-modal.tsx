import { useQuery } from '@tanstack/react-query';
import { Modal, Skeleton } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import type { JourneyDraft } from '#contract/journey-graph';
import { type getJourney, getJourneyVersion } from '#contract/journeys';
import { reading } from '~/call';
import { useFormat } from '~/format';
import { Changes } from './changes';

interface Props {
  readonly journey: Output<typeof getJourney>;
  readonly draft: JourneyDraft;
  readonly isPending: boolean;
  readonly onPublish: () => void;
  readonly onClose: () => void;
}

/** What publishing changes, and for whom. */
export function PublishModal({ journey, draft, isPending, onPublish, onClose }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const number = journey.versionNumber;
  const running = useQuery({
    ...reading(getJourneyVersion, { id: journey.id, number: number ?? 1 }),
    enabled: number !== null,
  });
  return (
    <Modal
      open
      title={t('journey.publishTitle', { name: journey.name })}
      okText={t('journey.publish')}
      cancelText={t('common.cancel')}
      confirmLoading={isPending}
      onOk={onPublish}
      onCancel={onClose}
    >
      <div className="stack">
        <p>
          {number === null ? t('journey.publishFirst') : t('journey.publishNext', { n: format.number(journey.inside) })}
        </p>
        {number !== null &&
          (running.data ? <Changes before={running.data.graph} after={draft} /> : <Skeleton active title={false} />)}
      </div>
    </Modal>
  );
}
