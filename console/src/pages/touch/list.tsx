import { getRouteApi } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { touchState } from '#contract/touch';
import { useCan } from '~/app/session';
import { FilterSelect } from '~/components/filters';
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
  return (
    <div className="page">
      <PageHeader title={t('menu.touches')} subtitle={t('touch.subtitle')} />
      <Panel isFlush>
        <div className="filters">
          <FilterSelect
            label={t('touch.stateTitle')}
            value={filters.state}
            onChange={(state) => void navigate({ search: (before) => ({ ...before, state }) })}
            options={touchState.options.map((state) => ({ value: state, label: t(`touch.state.${state}`) }))}
          />
          {can('code.read') && (
            <CodePicker
              className="filter"
              value={filters.code}
              onChange={(code) => void navigate({ search: (before) => ({ ...before, code }) })}
            />
          )}
        </div>
        <TouchList filters={filters} />
      </Panel>
    </div>
  );
}
