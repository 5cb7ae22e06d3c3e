import { useTranslation } from 'react-i18next';
import { Panel } from '~/components/panel';

const steps = ['corp', 'app', 'visible', 'contact', 'ip', 'callback', 'check'] as const;

/** What is to be done in WeCom's own admin console, in order. */
export function AdminSteps({ callbackUrl }: { callbackUrl: string | null }) {
  const { t } = useTranslation();
  return (
    <Panel title={t('adminSteps.title')}>
      <ol className="steps steps-narrow">
        {steps.map((step, index) => (
          <li className="step" key={step}>
            <span className="step-number">{index + 1}</span>
            <span className="step-text">
              <strong>{t(`adminSteps.${step}.title`)}</strong>
              <span className="muted">{t(`adminSteps.${step}.text`)}</span>
              {step === 'callback' && callbackUrl !== null && <code className="break">{callbackUrl}</code>}
            </span>
          </li>
        ))}
      </ol>
    </Panel>
  );
}
