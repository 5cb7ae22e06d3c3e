import { PrinterOutlined, QrcodeOutlined } from '@ant-design/icons';
import { getRouteApi } from '@tanstack/react-router';
import { Button, Segmented } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { getCodeImage } from '#contract/acquisition';
import { addressOf } from '~/call';
import { EmptyState } from '~/components/empty-state';
import { PageHeader } from '~/components/page-header';
import './print.css';

const page = getRouteApi('/inside/codes/print');

/** Codes on A4 sheets; the name stands beneath each code, inside the picture. */
export default function PrintCodesPage(): ReactNode {
  const { t } = useTranslation();
  const { ids = [], columns = 3 } = page.useSearch();
  const navigate = page.useNavigate();
  return (
    <div className="page print-page">
      <div className="no-print">
        <PageHeader
          title={t('code.print')}
          subtitle={t('print.subtitle', { n: ids.length })}
          backTo="/codes"
          actions={
            <>
              <Segmented
                aria-label={t('print.columns')}
                value={columns}
                options={[1, 2, 3, 4].map((count) => ({ value: count, label: t('print.perRow', { n: count }) }))}
                onChange={(next) =>
                  void navigate({ search: (before) => ({ ...before, columns: next }), replace: true })
                }
              />
              <Button
                type="primary"
                icon={<PrinterOutlined />}
                disabled={ids.length === 0}
                onClick={() => window.print()}
              >
                {t('print.print')}
              </Button>
            </>
          }
        />
      </div>
      {ids.length === 0 ? (
        <EmptyState icon={<QrcodeOutlined />} title={t('print.none')} hint={t('print.noneHint')} />
      ) : (
        <div className="sheet" style={{ gridTemplateColumns: `repeat(${columns}, 1fr)` }}>
          {ids.map((id) => (
            <img
              key={id}
              src={addressOf(getCodeImage, { id, format: 'svg', width: 800 })}
              alt={t('code.imageOf', { id })}
            />
          ))}
        </div>
      )}
    </div>
  );
}
