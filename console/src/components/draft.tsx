import { Form } from 'antd';
import {
  cloneElement,
  createContext,
  type FormEvent,
  isValidElement,
  type ReactElement,
  type ReactNode,
  useContext,
  useId,
  useMemo,
  useState,
} from 'react';
import { useTranslation } from 'react-i18next';
import type { z } from 'zod';
import type { FieldProblem } from '#contract';
import type { ApiError } from '~/call';
import { textOr } from '~/i18n/index';

/** One thing wrong with a draft: where, and in which words. */
interface DraftProblem {
  readonly path: string;
  readonly text: string;
}

type Say = (
  key: 'required' | 'tooLong' | 'tooShort' | 'tooMany' | 'tooBig' | 'tooSmall',
  values?: { n: number },
) => string;

function issueText(issue: z.core.$ZodIssue, say: Say): string {
  if (issue.code === 'custom') return textOr(`problem.${issue.message}`, textOr('problem.custom', issue.message));
  if (issue.code === 'invalid_type') return say('required');
  if (issue.code === 'too_small') {
    if (issue.origin === 'number') return say('tooSmall', { n: Number(issue.minimum) });
    return Number(issue.minimum) <= 1 ? say('required') : say('tooShort', { n: Number(issue.minimum) });
  }
  if (issue.code === 'too_big') {
    if (issue.origin === 'number') return say('tooBig', { n: Number(issue.maximum) });
    return say(issue.origin === 'array' ? 'tooMany' : 'tooLong', { n: Number(issue.maximum) });
  }
  if (issue.code === 'invalid_format') {
    return textOr(`problem.format.${issue.format}`, textOr('problem.invalid_format', issue.message));
  }
  return textOr(`problem.${issue.code}`, issue.message);
}

/** Says what the contract's schema found wrong, in the reader's language. */
export function useIssueText(): (issue: z.core.$ZodIssue) => string {
  const { t } = useTranslation();
  return (issue) => issueText(issue, (key, values) => t(`problem.${key}`, values ?? {}));
}

/** Whether nothing was typed there: then what is wrong is not its format. */
function isEmptyAt(value: unknown, path: readonly PropertyKey[]): boolean {
  const found = path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key], value);
  return typeof found === 'string' && found.trim() === '';
}

/** Problems the server found; it names the rule, the words are ours. */
function serverProblems(fields: readonly FieldProblem[]): DraftProblem[] {
  return fields.map(({ path, problem, message, values }) => ({
    path,
    text: textOr(`problem.${problem}`, message, values),
  }));
}

export interface Draft<T> {
  readonly value: T;
  readonly problems: readonly DraftProblem[];
  readonly isChanged: boolean;
  set(patch: Partial<T>): void;
  reset(value: T): void;
  /** The problems of the whole draft are shown from now on; answers whether there are none. */
  check(): boolean;
  /** Shows a refusal at its field; answers false when the refusal is about no field of this draft. */
  refuse(error: ApiError, fieldOfCode?: Readonly<Record<string, string>>): boolean;
  /** Shows a refusal at a field, in words of the caller's. */
  refuseField(path: string, text: string): true;
}

/**
 * The state of a form, checked by the contract's own schema. Nothing is called wrong before the first attempt to save;
 * after it, problems disappear while they are mended.
 */
export function useDraft<T extends object>(schema: z.ZodType, initial: T): Draft<T> {
  const { t } = useTranslation();
  const [value, setValue] = useState(initial);
  const [isChanged, setChanged] = useState(false);
  const [isChecked, setChecked] = useState(false);
  const [refused, setRefused] = useState<readonly DraftProblem[]>([]);

  const found = useMemo((): readonly DraftProblem[] => {
    const parsed = schema.safeParse(value);
    if (parsed.success) return [];
    const say: Say = (key, values) => t(`problem.${key}`, values ?? {});
    return parsed.error.issues.map((issue) => ({
      path: issue.path.join('.'),
      text: isEmptyAt(value, issue.path) ? say('required') : issueText(issue, say),
    }));
  }, [schema, value, t]);

  return {
    value,
    problems: isChecked ? [...found, ...refused] : refused,
    isChanged,
    set: (patch) => {
      setValue((before) => ({ ...before, ...patch }));
      setChanged(true);
      setRefused([]);
    },
    reset: (next) => {
      setValue(next);
      setChanged(false);
      setChecked(false);
      setRefused([]);
    },
    check: () => {
      setChecked(true);
      return found.length === 0;
    },
    refuse: (error, fieldOfCode = {}) => {
      const field = fieldOfCode[error.code];
      const problems =
        field === undefined ? serverProblems(error.fields) : [{ path: field, text: t(`error.${error.code}`) }];
      setRefused(problems);
      if (problems.length > 0) scrollToFirstProblem();
      return problems.length > 0;
    },
    refuseField: (path, text) => {
      setRefused([{ path, text }]);
      scrollToFirstProblem();
      return true;
    },
  };
}

const ProblemsContext = createContext<readonly DraftProblem[]>([]);

interface DraftFormProps<T> {
  readonly draft: Draft<T>;
  readonly onSave: () => void;
  readonly id?: string;
  readonly children: ReactNode;
}

export function DraftForm<T>({ draft, onSave, id, children }: DraftFormProps<T>) {
  function submit(event: FormEvent) {
    event.preventDefault();
    if (draft.check()) onSave();
    else scrollToFirstProblem();
  }
  return (
    <ProblemsContext value={draft.problems}>
      {/* Ant Design's form keeps no values here: it only lays the fields out. */}
      <Form layout="vertical" component={false} requiredMark="optional">
        <form id={id} onSubmit={submit} noValidate>
          {children}
        </form>
      </Form>
    </ProblemsContext>
  );
}

function scrollToFirstProblem() {
  requestAnimationFrame(() => {
    const first = document.querySelector('.ant-form-item-has-error, .draft-problem');
    first?.scrollIntoView({ behavior: 'smooth', block: 'center' });
    first?.querySelector<HTMLElement>('input, textarea, [tabindex]')?.focus({ preventScroll: true });
  });
}

/** The first problem at a path; with `below`, also at anything inside it. */
export function useProblem(path: string, below = false): string | undefined {
  const problems = useContext(ProblemsContext);
  return problems.find((problem) => problem.path === path || (below && problem.path.startsWith(`${path}.`)))?.text;
}

interface FieldProps {
  readonly label: ReactNode;
  readonly path: string;
  /** Shows problems of anything inside the path as well. */
  readonly below?: boolean;
  readonly hint?: ReactNode;
  readonly isOptional?: boolean;
  readonly className?: string;
  readonly children: ReactElement<{ id?: string }>;
}

/** A labelled field of a draft with its problem beneath. */
export function Field({ label, path, below = false, hint, isOptional = false, className, children }: FieldProps) {
  const id = useId();
  const problem = useProblem(path, below);
  return (
    <Form.Item
      label={label}
      htmlFor={id}
      required={!isOptional}
      validateStatus={problem === undefined ? '' : 'error'}
      help={problem}
      extra={problem === undefined ? hint : undefined}
      {...(className === undefined ? {} : { className })}
    >
      {isValidElement(children) ? cloneElement(children, { id }) : children}
    </Form.Item>
  );
}
