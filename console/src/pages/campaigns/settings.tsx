import { useQuery } from '@tanstack/react-query';
import { Button, Drawer, InputNumber, Skeleton } from 'antd';
import { useTranslation } from 'react-i18next';
import type { z } from 'zod';
import { campaignSettings, getCampaignSettings, setCampaignSettings } from '#contract/campaigns';
import { reading } from '~/call';
import { DraftForm, Field, useDraft } from '~/components/draft';
import { ErrorNotice } from '~/components/error-notice';
import { useWriting } from '~/components/writing';
import { BasisPoints } from './inputs';

type Settings = z.output<typeof campaignSettings>;

/** From how many people on a second person approves, and what new campaigns begin with. */
export function SettingsDrawer({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const { data, error } = useQuery({ ...reading(getCampaignSettings, {}), refetchOnWindowFocus: false, gcTime: 0 });
  return (
    <Drawer title={t('campaign.settings')} open onClose={onClose} size={420}>
      {error && data === undefined && <ErrorNotice error={error} />}
      {data === undefined ? !error && <Skeleton active /> : <SettingsForm settings={data} onSaved={onClose} />}
    </Drawer>
  );
}

function SettingsForm({ settings, onSaved }: { settings: Settings; onSaved: () => void }) {
  const { t } = useTranslation();
  const draft = useDraft<Settings>(campaignSettings, settings);
  const saving = useWriting(setCampaignSettings, {
    said: t('common.saved'),
    onDone: onSaved,
    onRefused: (error) => draft.refuse(error),
  });
  const { value, set } = draft;
  return (
    <DraftForm draft={draft} onSave={() => saving.mutate(value)}>
      <Field label={t('campaign.approvalSize')} path="approvalSize" hint={t('campaign.approvalSizeHint')}>
        <InputNumber
          className="full-width"
          min={0}
          value={value.approvalSize}
          onChange={(approvalSize) => set({ approvalSize: approvalSize ?? 0 })}
        />
      </Field>
      <h3 className="section-title">{t('campaign.defaults')}</h3>
      <Field label={t('campaign.holdout')} path="holdoutBasisPoints" hint={t('campaign.holdoutHint')}>
        <BasisPoints
          max={50}
          value={value.holdoutBasisPoints}
          onChange={(holdoutBasisPoints) => set({ holdoutBasisPoints })}
        />
      </Field>
      <Field label={t('campaign.window')} path="windowHours" hint={t('campaign.windowHint')}>
        <InputNumber
          className="full-width"
          min={1}
          suffix={t('campaign.hours')}
          value={value.windowHours}
          onChange={(windowHours) => set({ windowHours: windowHours ?? 1 })}
        />
      </Field>
      <Field label={t('campaign.margin')} path="marginBasisPoints" hint={t('campaign.marginHint')}>
        <BasisPoints
          max={100}
          value={value.marginBasisPoints}
          onChange={(marginBasisPoints) => set({ marginBasisPoints })}
        />
      </Field>
      <Button type="primary" htmlType="submit" loading={saving.isPending}>
        {t('common.save')}
      </Button>
    </DraftForm>
  );
}
