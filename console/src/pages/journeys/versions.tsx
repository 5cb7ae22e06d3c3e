import { useQuery } from '@tanstack/react-query';
import { Collapse, Skeleton, Tag } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import { type getJourney, getJourneyVersion } from '#contract/journeys';
import { reading } from '~/call';
import { ErrorNotice } from '~/components/error-notice';
import { useFormat } from '~/format';
import { Changes } from './changes';

type Journey = Output<typeof getJourney>;

/** Every version, with what it changed and who still goes by it. */
export function Versions({ journey }: { journey: Journey }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (journey.versions.length === 0) return <p className="panel-body muted">{t('journey.versionsNone')}</p>;
  return (
    <div className="panel-body stack">
      {journey.hasChanges && journey.versionNumber !== null && (
        <section>
          <h3 className="section-title">{t('journey.compareDraft')}</h3>
          <Compared journey={journey} before={journey.versionNumber} />
        </section>
      )}
      <Collapse
        items={journey.versions.map((version) => ({
          key: version.number,
          label: (
            <span className="tags">
              <strong>{t('journey.version', { n: version.number })}</strong>
              {version.isCurrent && <Tag color="success">{t('journey.versionCurrent')}</Tag>}
              {version.inside > 0 && <Tag>{t('journey.versionInside', { n: format.number(version.inside) })}</Tag>}
              <span className="muted small">
                {t('journey.versionBy', { name: version.publishedBy, time: format.time(version.publishedAt) })}
              </span>
            </span>
          ),
          children:
            version.number > 1 ? (
              <Compared journey={journey} before={version.number - 1} after={version.number} />
            ) : (
              <p className="muted">{t('journey.publishFirst')}</p>
            ),
        }))}
      />
    </div>
  );
}

/** Two versions, or a version and the draft. */
function Compared({ journey, before, after }: { journey: Journey; before: number; after?: number }) {
  const one = useQuery({ ...reading(getJourneyVersion, { id: journey.id, number: before }), staleTime: 600_000 });
  const other = useQuery({
    ...reading(getJourneyVersion, { id: journey.id, number: after ?? 1 }),
    staleTime: 600_000,
    enabled: after !== undefined,
  });
  const graph = after === undefined ? journey.draft : other.data?.graph;
  if (one.data === undefined || graph === undefined) {
    const error = one.error ?? other.error;
    return error ? <ErrorNotice error={error} /> : <Skeleton active title={false} />;
  }
  return <Changes before={one.data.graph} after={graph} />;
}
