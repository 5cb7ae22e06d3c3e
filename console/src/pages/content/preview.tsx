import { WarningOutlined } from '@ant-design/icons';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { previewContent, type WordingKind, type Wordings } from '#contract/content';
import { getCustomer } from '#contract/customers';
import { useCan, useSession } from '~/app/session';
import { call, reading } from '~/call';
import { type ChosenCustomer, CustomerPicker } from '~/components/customer-picker';
import { MessagePhone } from '~/components/message-phone';
import { useVariableName } from '~/components/template-input';
import { textOr } from '~/i18n/index';

interface Props {
  readonly kind: WordingKind;
  readonly wordings: Wordings;
  readonly trackedUrls: readonly string[];
}

const pauseMs = 350;

/** Typing settles before the server is asked. */
function useSettled<T>(value: T): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), pauseMs);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

/** The phone of a chosen customer, as the words are typed: what is missing there is marked. */
export function ContentPreview({ kind, wordings, trackedUrls }: Props) {
  const { t } = useTranslation();
  const can = useCan();
  const nameOf = useVariableName();
  const { organizationName } = useSession();
  const [customer, setCustomer] = useState<ChosenCustomer>();
  const { data: person } = useQuery({
    ...reading(getCustomer, { id: customer?.id ?? 0 }),
    enabled: customer !== undefined,
    staleTime: 60_000,
  });
  const staffName = person?.follows.find((follow) => follow.state === 'active')?.staffName ?? t('phone.staff');
  const asked = useSettled({
    kind,
    wordings,
    trackedUrls: [...trackedUrls],
    ...(customer === undefined ? {} : { customerId: customer.id }),
  });
  const parsed = previewContent.input.safeParse(asked);
  const { data } = useQuery({
    queryKey: [previewContent.path, asked],
    queryFn: ({ signal }) => call(previewContent, asked, { signal }),
    enabled: parsed.success && wordings[kind] !== undefined,
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  });
  // What is shown belongs to this channel, not to the one that was looked at before.
  const message = data?.message?.kind === kind && wordings[kind] !== undefined ? data.message : null;
  // That nothing is written yet needs no saying.
  const problems = (data?.problems ?? []).filter((problem) => problem.problem !== 'message_empty');
  const missing = customer === undefined ? [] : (data?.missing ?? []);

  return (
    <div className="content-preview">
      <div className="preview-title">{t('phone.title')}</div>
      {can('customer.read') && (
        <CustomerPicker
          value={customer}
          onChange={setCustomer}
          label={t('content.previewAs')}
          testId="preview-customer"
        />
      )}
      <MessagePhone
        message={message}
        staffName={staffName === '' ? organizationName : staffName}
        silence={wordings[kind] === undefined ? t('content.silent') : t('phone.nothing')}
      />
      {missing.length > 0 && (
        <p className="preview-missing" data-testid="preview-missing">
          <WarningOutlined /> {t('content.missing', { names: missing.map(nameOf).join(t('common.separator')) })}
        </p>
      )}
      {problems.map((problem) => (
        <p key={`${problem.path} ${problem.message}`} className="draft-problem">
          {textOr(`problem.${problem.problem}`, problem.message, problem.values)}
        </p>
      ))}
    </div>
  );
}
