import { type ErrorCode, errorStatus, type FieldProblem } from '#contract';

/**
 * An expected refusal: the caller asked for something that cannot be, and is told so in words.
 * A decision ("blocked by a cap") is a return value, a bug is any other throw.
 */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>> | undefined;
  readonly fields: readonly FieldProblem[] | undefined;

  constructor(
    code: ErrorCode,
    extra: { details?: Readonly<Record<string, unknown>>; fields?: readonly FieldProblem[]; message?: string } = {},
  ) {
    super(extra.message ?? code);
    this.name = 'AppError';
    this.code = code;
    this.details = extra.details;
    this.fields = extra.fields;
  }

  get status(): number {
    return errorStatus[this.code];
  }
}

/** SQLSTATE of a database error, or undefined. */
export function sqlState(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' && /^[0-9A-Z]{5}$/.test(error.code) ? error.code : undefined;
}

/** Name of the constraint a database error speaks of, or undefined. */
export function constraintName(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('constraint' in error)) return undefined;
  return typeof error.constraint === 'string' ? error.constraint : undefined;
}
