import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import type { listAudit } from '#contract/organization';
import { useFormat } from '~/format';
import { textOr } from '~/i18n/index';

type Entry = Output<typeof listAudit>['rows'][number];

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The leaves of a value by their dotted paths; a list stays whole, as its order may mean something. */
function leavesOf(value: unknown, path = ''): [string, unknown][] {
  if (!isPlainObject(value)) return value === null || value === undefined ? [] : [[path, value]];
  return Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, path === '' ? key : `${path}.${key}`));
}

interface Change {
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

function changesOf(before: unknown, after: unknown): Change[] {
  const old = new Map(leavesOf(before));
  const fresh = new Map(leavesOf(after));
  return [...new Set([...old.keys(), ...fresh.keys()])]
    .map((path) => ({ path, before: old.get(path), after: fresh.get(path) }))
    .filter((change) => JSON.stringify(change.before) !== JSON.stringify(change.after));
}

/** Fields whose values are words of a catalogue: 'role' 'owner' reads "Owner". */
const wordsOf: Readonly<Record<string, string>> = {
  role: 'role',
  permissions: 'permission',
  source: 'source',
  entry: 'code.entry',
  state: 'code.state',
  decision: 'conflict',
  'hook.kind': 'hook',
  'welcome.kind': 'code.welcome',
};

const momentPattern = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

/** A value as a person reads it; what has no words of its own stays as it was stored. */
function useWritten() {
  const { t } = useTranslation();
  const format = useFormat();
  return function written(path: string, value: unknown): string {
    if (value === undefined) return '';
    if (typeof value === 'boolean') return t(value ? 'common.yes' : 'common.no');
    if (typeof value === 'number') return format.number(value);
    if (typeof value === 'string') {
      return momentPattern.test(value) ? format.time(value) : textOr(`${wordsOf[path]}.${value}`, value);
    }
    if (Array.isArray(value) && value.every((item) => typeof item === 'string')) {
      return value.length === 0 ? '–' : format.list(value.map((item) => written(path, item)));
    }
    return JSON.stringify(value);
  };
}

/** What a change changed: each field with its value before and after; what was made or deleted has only one of them. */
export function AuditChanges({ entry }: { entry: Entry }) {
  const { t } = useTranslation();
  const written = useWritten();
  const changes = changesOf(entry.before, entry.after);
  const hasBefore = changes.some((change) => change.before !== undefined);
  const hasAfter = changes.some((change) => change.after !== undefined);
  return (
    <div className="audit-changes">
      {changes.length === 0 ? (
        <p className="muted">{t('audit.noDetails')}</p>
      ) : (
        <table className="diff">
          <thead>
            <tr>
              <th scope="col">{t('audit.field')}</th>
              {hasBefore && <th scope="col">{t('audit.before')}</th>}
              {hasAfter && <th scope="col">{t('audit.after')}</th>}
            </tr>
          </thead>
          <tbody>
            {changes.map((change) => (
              <tr key={change.path}>
                <th scope="row" title={change.path}>
                  {textOr(`auditField.${change.path.replaceAll('.', '_')}`, change.path)}
                </th>
                {hasBefore && <td className="diff-before">{written(change.path, change.before)}</td>}
                {hasAfter && <td className="diff-after">{written(change.path, change.after)}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <p className="mono small muted break" title={t('audit.technical')}>
        {entry.action} · {entry.subjectKind} {entry.subjectId} · {entry.requestId ?? '–'}
      </p>
    </div>
  );
}
