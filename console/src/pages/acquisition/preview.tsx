import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { getDefaultWelcome } from '#contract/acquisition';
import { getStaff } from '#contract/organization';
import { useCan, useSession } from '~/app/session';
import { reading } from '~/call';
import { WelcomePhone } from '~/components/welcome-phone';
import type { CodeDraft } from './draft';

/** What a person sees who scans this code now; follows the form while it is typed. */
export function CodePreview({ draft }: { draft: CodeDraft }) {
  const { t } = useTranslation();
  const can = useCan();
  const { organizationName } = useSession();
  const staffId = draft.rotation.flatMap((slot) => slot.staffIds)[0] ?? 0;
  const { data: staff } = useQuery({
    ...reading(getStaff, { id: staffId }),
    enabled: staffId > 0 && can('staff.read'),
    staleTime: 300_000,
  });
  const { data: byDefault } = useQuery({
    ...reading(getDefaultWelcome, {}),
    enabled: draft.welcome.kind === 'default',
  });

  const values = {
    organization: organizationName,
    customer_name: t('phone.sampleCustomer'),
    staff_name: staff?.name ?? t('phone.staff'),
    staff_alias: staff?.alias || staff?.name || t('phone.staff'),
    code_name: draft.name || t('code.one'),
    hook: draft.hook.kind === 'none' ? '' : draft.hook.text,
  };
  const message =
    draft.welcome.kind === 'own'
      ? draft.welcome.message
      : draft.welcome.kind === 'default' && byDefault?.isOn
        ? byDefault.message
        : null;
  const silence =
    draft.welcome.kind === 'none'
      ? t('phone.silent')
      : draft.welcome.kind === 'default' && byDefault?.isOn === false
        ? t('phone.defaultOff')
        : t('phone.nothing');

  return (
    <>
      <div className="preview-title">{t('phone.title')}</div>
      <WelcomePhone message={message} values={values} silence={silence} />
    </>
  );
}
