import type { SmsProblem } from './rules.ts';

/** One text message: in mainland China always an approved template with parameters. */
export interface SmsMessage {
  /** Ours; the provider gives it back in its reports. */
  readonly id: string;
  /** Eleven digits, mainland China. */
  readonly phone: string;
  readonly templateCode: string;
  readonly params: Readonly<Record<string, string>>;
}

/** What came of one call. `unreachable`: surely not executed; `unknown`: perhaps. */
export type SmsFailure = {
  readonly outcome: 'refused' | 'unreachable' | 'unknown';
  readonly problem: SmsProblem;
  /** What the provider said, for engineers. */
  readonly message: string;
};

/** What became of a message: `absent` when the provider knows nothing of it. */
export type SmsReport =
  | { readonly state: 'waiting' | 'delivered' | 'absent' }
  | { readonly state: 'failed'; readonly problem: SmsProblem; readonly message: string };

/** A provider of text messages. None of its functions throws for the outside world. */
export interface SmsProvider {
  readonly name: string;
  readonly traits: { readonly isRepeatable: boolean };
  /** Answers in the order of the batch. */
  send(batch: readonly SmsMessage[]): Promise<readonly ({ readonly outcome: 'accepted' } | SmsFailure)[]>;
  report(message: { id: string; phone: string; sentAt: Date }): Promise<SmsReport | SmsFailure>;
  /** Tries the credentials without sending anything. */
  check(): Promise<SmsFailure | undefined>;
}
