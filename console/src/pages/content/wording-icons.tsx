import {
  ApiOutlined,
  CameraOutlined,
  CarryOutOutlined,
  MailOutlined,
  MobileOutlined,
  WechatOutlined,
} from '@ant-design/icons';
import { Tooltip } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { WordingKind } from '#contract/content';

export const wordingIcons: Readonly<Record<WordingKind, ReactNode>> = {
  wecom: <WechatOutlined />,
  moment: <CameraOutlined />,
  email: <MailOutlined />,
  sms: <MobileOutlined />,
  webhook: <ApiOutlined />,
  task: <CarryOutOutlined />,
};

/** The channels a content has words for. */
export function WordingIcons({ kinds }: { kinds: readonly WordingKind[] }) {
  const { t } = useTranslation();
  return (
    <span className="wording-icons">
      {kinds.map((kind) => (
        <Tooltip key={kind} title={t(`wording.${kind}`)}>
          <span role="img" aria-label={t(`wording.${kind}`)}>
            {wordingIcons[kind]}
          </span>
        </Tooltip>
      ))}
    </span>
  );
}
