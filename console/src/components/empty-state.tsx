import type { ReactNode } from 'react';

interface Props {
  readonly icon: ReactNode;
  readonly title: string;
  /** What to do next, in a sentence. */
  readonly hint?: ReactNode;
  readonly action?: ReactNode;
}

export function EmptyState({ icon, title, hint, action }: Props) {
  return (
    <div className="empty-state">
      <div className="empty-icon" aria-hidden>
        {icon}
      </div>
      <div className="empty-title">{title}</div>
      {hint !== undefined && <div className="empty-hint">{hint}</div>}
      {action !== undefined && <div className="empty-action">{action}</div>}
    </div>
  );
}
