import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import type { listContentUses } from '#contract/content';

type Use = Output<typeof listContentUses>['uses'][number];

/** What uses a content or a file, each with the way to it. */
export function UseList({ uses }: { uses: readonly Use[] }) {
  const { t } = useTranslation();
  if (uses.length === 0) return <p className="muted">{t('use.none')}</p>;
  return (
    <ul className="plain-list">
      {uses.map((use) => (
        <li key={`${use.kind} ${use.id}`}>
          <span>
            <span className="muted">{t(`use.${use.kind}`)}</span> <UseName use={use} />
          </span>
        </li>
      ))}
    </ul>
  );
}

function UseName({ use }: { use: Use }) {
  const { t } = useTranslation();
  const params = { id: String(use.id) };
  switch (use.kind) {
    case 'content':
      return (
        <Link to="/contents/$id" params={params} className="strong-link">
          {use.name}
        </Link>
      );
    case 'code':
      return (
        <Link to="/codes/$id" params={params} className="strong-link">
          {use.name}
        </Link>
      );
    case 'default_welcome':
      return (
        <Link to="/default-welcome" className="strong-link">
          {t('menu.defaultWelcome')}
        </Link>
      );
    case 'journey':
      return (
        <Link to="/journeys/$id" params={params} className="strong-link">
          {use.name}
        </Link>
      );
    case 'campaign':
    case 'task':
      return <span>{use.name}</span>;
  }
}
