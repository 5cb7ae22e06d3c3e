import { Progress, Tag, Tooltip } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import type { getImport } from '#contract/imports';
import { useFormat } from '~/format';
import { textOr } from '~/i18n/index';

export type Import = Output<typeof getImport>;

const colours = {
  uploaded: 'default',
  running: 'processing',
  cancelled: 'warning',
  failed: 'error',
  done: 'success',
} as const;

export function ImportState({ state }: { state: Import['state'] }) {
  const { t } = useTranslation();
  return (
    <Tag variant="filled" color={colours[state]}>
      {t(`imports.state.${state}`)}
    </Tag>
  );
}

/** Rows that were imported, merged and rejected, as a bar and in numbers. */
export function Outcome({ run, isLarge = false }: { run: Import; isLarge?: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { imported, merged, rejected, rows } = run.counts;
  const parts = [
    { name: 'imported', count: imported },
    { name: 'merged', count: merged },
    { name: 'rejected', count: rejected },
  ] as const;
  if (run.state === 'uploaded') return <span className="muted">–</span>;
  return (
    <span className={isLarge ? 'import-outcome import-outcome-large' : 'import-outcome'}>
      {run.state === 'running' && <Progress percent={Math.floor(run.progress * 100)} status="active" size="small" />}
      <span className="import-bar" aria-hidden>
        {rows > 0 &&
          parts.map(({ name, count }) => (
            <span key={name} className={`import-bar-${name}`} style={{ width: `${(count / rows) * 100}%` }} />
          ))}
      </span>
      <span className="import-counts">
        {parts.map(({ name, count }) => (
          <Tooltip key={name} title={t(`imports.${name}Hint`)}>
            <span>
              <span className={`dot import-bar-${name}`} />
              {t(`imports.${name}`)} <strong>{format.number(count)}</strong>
            </span>
          </Tooltip>
        ))}
      </span>
    </span>
  );
}

/** 'attribute:birthday' is the attribute's name where it is known. */
export function useMeaningText(attributes: ReadonlyMap<string, string> = new Map()) {
  const { t } = useTranslation();
  return (meaning: string): string => {
    const [group = '', ...rest] = meaning.split(':');
    const key = rest.join(':');
    if (meaning === 'ignore') return t('imports.ignore');
    if (group === 'attribute') return attributes.get(key) ?? key;
    if (key !== '') return key;
    return textOr(`imports.field.${meaning}`, meaning);
  };
}
