import { Tag, Tooltip } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Category } from '#contract/touch';

const colours: Readonly<Record<Category, string>> = {
  service: 'blue',
  care: 'green',
  content: 'cyan',
  promotion: 'orange',
};

/** What a message does to a person's attention. */
export function CategoryTag({ category }: { category: Category }) {
  const { t } = useTranslation();
  return (
    <Tooltip title={t(`category.${category}.hint`)}>
      <Tag color={colours[category]}>{t(`category.${category}.name`)}</Tag>
    </Tooltip>
  );
}
