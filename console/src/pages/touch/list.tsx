import { getRouteApi } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { category, channel, touchKind, touchReason, touchState } from '#contract/touch';
import { useCan } from '~/app/session';
import { countFilters, FilterSelect, Filters, isFiltered } from '~/components/filters';
import { PageHeader } from '~/components/page-header';
import { Panel } from '~/components/panel';
import { CodePicker } from '~/components/pickers';
import { TouchList } from '~/components/touch-list';

const page = getRouteApi('/inside/touches');

export default function TouchesPage(): ReactNode {
  const { t } = useTranslation();
  const can = useCan();
  const filters = page.useSearch();
  const navigate = page.useNavigate();
  const set = (patch: Partial<typeof filters>) =>
    void navigate({ search: (before) => ({ ...before, ...patch }), replace: true });
  return (
    <div className="page">
      <PageHeader title={t('menu.touches')} subtitle={t('touch.subtitle')} />
      <Panel isFlush>
        <Filters
          search={
            <FilterSelect
              label={t('touch.stateTitle')}
              value={filters.state}
              onChange={(state) => set({ state })}
              options={touchState.options.map((state) => ({ value: state, label: t(`touch.state.${state}`) }))}
            />
          }
          count={countFilters({ ...filters, state: undefined })}
          onClear={isFiltered(filters) ? () => void navigate({ search: {} }) : undefined}
        >
          <FilterSelect
            label={t('touch.reasonTitle')}
            value={filters.reason}
            onChange={(reason) => set({ reason })}
            options={touchReason.options.map((reason) => ({ value: reason, label: t(`touch.reason.${reason}`) }))}
          />
          <FilterSelect
            label={t('touch.channelTitle')}
            value={filters.channel}
            onChange={(next) => set({ channel: next })}
            options={channel.options.map((one) => ({ value: one, label: t(`touch.channel.${one}`) }))}
          />
          <FilterSelect
            label={t('touch.categoryTitle')}
            value={filters.category}
            onChange={(next) => set({ category: next })}
            options={category.options.map((one) => ({ value: one, label: t(`touch.category.${one}`) }))}
          />
          <FilterSelect
            label={t('touch.kindTitle')}
            value={filters.kind}
            onChange={(kind) => set({ kind, source: undefined })}
            options={touchKind.options.map((one) => ({ value: one, label: t(`touch.kind.${one}`) }))}
          />
          {can('code.read') && (
            <CodePicker className="filter" value={filters.code} onChange={(code) => set({ code })} />
          )}
        </Filters>
        <TouchList filters={filters} />
      </Panel>
    </div>
  );
}
