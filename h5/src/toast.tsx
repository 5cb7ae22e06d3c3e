import { useEffect, useSyncExternalStore } from 'react';

interface Toast {
  readonly key: number;
  readonly text: string;
  readonly isProblem: boolean;
  readonly action?: { readonly label: string; run(): void };
  readonly forMs: number;
}

let shown: Toast | null = null;
let count = 0;
const changed = new EventTarget();

function show(toast: Toast | null): void {
  shown = toast;
  changed.dispatchEvent(new Event('change'));
}

/** One at a time, at the foot of the page: what was done, and the way back while there is one. */
export function say(
  text: string,
  options: { isProblem?: boolean; action?: Toast['action']; forMs?: number } = {},
): void {
  const { isProblem = false, action, forMs = isProblem ? 6000 : 3000 } = options;
  count += 1;
  show({ key: count, text, isProblem, forMs, ...(action ? { action } : {}) });
}

export function Toasts() {
  const toast = useSyncExternalStore(
    (listen) => {
      changed.addEventListener('change', listen);
      return () => changed.removeEventListener('change', listen);
    },
    () => shown,
  );
  useEffect(() => {
    if (toast === null) return;
    const timer = setTimeout(() => show(null), toast.forMs);
    return () => clearTimeout(timer);
  }, [toast]);

  return (
    <div className="toasts" role="status" aria-live="polite">
      {toast !== null && (
        <div key={toast.key} className={toast.isProblem ? 'toast toast-problem' : 'toast'}>
          <span>{toast.text}</span>
          {toast.action && (
            <button
              type="button"
              onClick={() => {
                show(null);
                toast.action?.run();
              }}
            >
              {toast.action.label}
            </button>
          )}
          {toast.action && <i style={{ animationDuration: `${toast.forMs}ms` }} />}
        </div>
      )}
    </div>
  );
}
