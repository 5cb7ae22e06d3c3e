import { Collapse } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import type { listAudit } from '#contract/organization';
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

function written(value: unknown): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** What a change changed: each field with its value before and after. */
export function AuditChanges({ entry }: { entry: Entry }) {
  const { t } = useTranslation();
  const changes = changesOf(entry.before, entry.after);
  return (
    <div className="audit-changes">
      {changes.length === 0 ? (
        <p className="muted">{t('audit.noDetails')}</p>
      ) : (
        <table className="diff">
          <thead>
            <tr>
              <th scope="col">{t('audit.field')}</th>
              <th scope="col">{t('audit.before')}</th>
              <th scope="col">{t('audit.after')}</th>
            </tr>
          </thead>
          <tbody>
            {changes.map((change) => (
              <tr key={change.path}>
                <th scope="row" title={change.path}>
                  {textOr(`auditField.${change.path}`, change.path)}
                </th>
                <td className="diff-before">{written(change.before)}</td>
                <td className="diff-after">{written(change.after)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <Collapse
        ghost
        size="small"
        items={[
          {
            key: 'technical',
            label: t('audit.technical'),
            children: (
              <span className="mono small break">
                {entry.action} · {entry.subjectKind} {entry.subjectId} · {entry.requestId ?? '–'}
              </span>
            ),
          },
        ]}
      />
    </div>
  );
}
