import { CloseOutlined } from '@ant-design/icons';
import { Button, Drawer, Grid } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

interface Props {
  readonly isOpen: boolean;
  readonly title: ReactNode;
  readonly extra?: ReactNode;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** What belongs to a chosen part of the canvas: beside it on a desk, over everything on a phone. */
export function Beside({ isOpen, title, extra, onClose, children }: Props) {
  const { t } = useTranslation();
  const isWide = Grid.useBreakpoint().md ?? window.innerWidth >= 768;
  if (!isWide) {
    return (
      <Drawer open={isOpen} size="100%" title={title} extra={extra} onClose={onClose} rootClassName="journey-beside">
        {children}
      </Drawer>
    );
  }
  if (!isOpen) return null;
  return (
    <aside className="journey-beside">
      <header className="journey-beside-head">
        <h2>{title}</h2>
        <span>
          {extra}
          <Button type="text" icon={<CloseOutlined />} aria-label={t('common.close')} onClick={onClose} />
        </span>
      </header>
      <div className="journey-beside-body">{children}</div>
    </aside>
  );
}
