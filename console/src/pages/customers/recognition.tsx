import { QuestionCircleOutlined } from '@ant-design/icons';
import { Button, Drawer } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

const sections = [
  ['oneTitle', 'oneWecom', 'oneUser', 'oneScoped'],
  ['manyTitle', 'many'],
  ['joinTitle', 'join'],
  ['clashTitle', 'clash'],
  ['sharedTitle', 'shared'],
  ['undoTitle', 'undo'],
  ['attributesTitle', 'attributes'],
] as const;

/** The rules by which accounts become people (server/modules/customers/partition.ts), for operators to read. */
export function Recognition({ isSmall = false }: { isSmall?: boolean }) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button
        type={isSmall ? 'text' : 'default'}
        size={isSmall ? 'small' : 'middle'}
        icon={<QuestionCircleOutlined />}
        aria-label={t('recognition.title')}
        onClick={() => setOpen(true)}
      >
        {isSmall ? null : t('recognition.title')}
      </Button>
      <Drawer open={isOpen} onClose={() => setOpen(false)} title={t('recognition.title')} size={460}>
        <div className="reading">
          <p>{t('recognition.intro')}</p>
          {sections.map(([title, ...texts]) => (
            <section key={title}>
              <h3>{t(`recognition.${title}`)}</h3>
              {texts.length === 1 ? (
                <p>{t(`recognition.${texts[0]}`)}</p>
              ) : (
                <ul>
                  {texts.map((text) => (
                    <li key={text}>{t(`recognition.${text}`)}</li>
                  ))}
                </ul>
              )}
            </section>
          ))}
        </div>
      </Drawer>
    </>
  );
}
