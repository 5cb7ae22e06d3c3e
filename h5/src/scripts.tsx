import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useDeferredValue, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call, readingPages } from '#console/call';
import type { Output } from '#contract';
import { copyScript, listScripts } from '#contract/scripts';
import { Icon } from './icons';
import { Problem, Section, Sheet, Waiting } from './parts';
import { Words } from './words';

type Script = Output<typeof listScripts>['rows'][number];

interface Props {
  readonly customerId: number;
  readonly externalUserid: string | null;
}

/** Prepared words, those used most first; chosen, they are filled for the customer. */
export function Scripts({ customerId, externalUserid }: Props) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState('');
  const [chosen, setChosen] = useState<Script | null>(null);
  const search = useDeferredValue(typed.trim());
  const pages = useInfiniteQuery({
    ...readingPages(listScripts, { ...(search === '' ? {} : { search }), limit: 5 }),
    placeholderData: keepPreviousData,
  });
  const rows = pages.data?.pages.flatMap((page) => page.rows) ?? [];
  // A brand without scripts is not shown an empty box.
  if (rows.length === 0 && search === '') return null;
  return (
    <Section title={t('script.title')}>
      <label className="search">
        <Icon name="search" size={18} />
        <input
          type="search"
          enterKeyHint="search"
          maxLength={60}
          aria-label={t('script.search')}
          placeholder={t('script.search')}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
      </label>
      {rows.length === 0 && <p className="muted small">{t('script.none')}</p>}
      <ul className="lines">
        {rows.map((script) => (
          <li key={script.id}>
            <button type="button" className="line" onClick={() => setChosen(script)}>
              <span className="line-text">
                <b>{script.title}</b>
                <span className="muted small one-line">{withoutVariables(script.words)}</span>
              </span>
              <Icon name="next" size={16} />
            </button>
          </li>
        ))}
      </ul>
      {pages.hasNextPage && (
        <button type="button" className="button button-wide" onClick={() => void pages.fetchNextPage()}>
          {t('common.more')}
        </button>
      )}
      {chosen !== null && (
        <Sheet title={chosen.title} onClose={() => setChosen(null)}>
          <Filled scriptId={chosen.id} customerId={customerId} externalUserid={externalUserid} />
        </Sheet>
      )}
    </Section>
  );
}

/** Until it is filled, what stands for a variable is a gap. */
const withoutVariables = (words: string) => words.replace(/\{\{.*?\}\}|\{%.*?%\}/gs, '…');

function Filled({ scriptId, customerId, externalUserid }: Props & { scriptId: number }) {
  const filled = useQuery({
    queryKey: [copyScript.path, scriptId, customerId],
    queryFn: () => call(copyScript, { id: scriptId, customerId }),
    // Filling counts as taking: once for each time it is opened.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  if (filled.isError) return <Problem error={filled.error} />;
  if (filled.data === undefined) return <Waiting />;
  return <Words text={filled.data.words} externalUserid={externalUserid} />;
}
