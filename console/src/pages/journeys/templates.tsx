import {
  CalendarOutlined,
  ClockCircleOutlined,
  CrownOutlined,
  GiftOutlined,
  HistoryOutlined,
  PlusOutlined,
  SmileOutlined,
  TagsOutlined,
  UserAddOutlined,
} from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Button } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { listAttributes } from '#contract/customers';
import { type TemplateName, templateDraft, templateNames } from '#contract/journey-templates';
import { createJourney } from '#contract/journeys';
import { ApiError, call, reading } from '~/call';
import { useWriting } from '~/components/writing';
import { textOr } from '~/i18n/index';
import { birthdayAttribute } from '~/pages/segments/examples';
import { emptyDraft } from './draft';
import { arrange } from './layout';

const icons: { readonly [N in TemplateName]: ReactNode } = {
  newcomer: <UserAddOutlined />,
  after_purchase: <SmileOutlined />,
  birthday: <GiftOutlined />,
  lunar_birthday: <CrownOutlined />,
  festival: <CalendarOutlined />,
  win_back: <HistoryOutlined />,
  silent30: <ClockCircleOutlined />,
  coupon_expiring: <TagsOutlined />,
};

/** Names are unique: the second journey of a template is called so. */
async function createUnder(name: string, input: Omit<Parameters<typeof call<typeof createJourney>>[1], 'name'>) {
  for (let n = 1; ; n++) {
    try {
      return await call(createJourney, { ...input, name: n === 1 ? name : `${name} ${n}` });
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'journey_name_taken' || n > 50) throw error;
    }
  }
}

/** Journeys to begin with: a press makes a draft of one and opens it. */
export function Templates() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { data: attributes } = useQuery({ ...reading(listAttributes, {}), staleTime: 30_000 });
  const open = ({ id }: { id: number }) => void navigate({ to: '/journeys/$id/edit', params: { id: String(id) } });

  const begin = async (template: TemplateName) => {
    // Suggested words hold variables of their own, in the same brackets as the catalogue's.
    const say = (key: string) =>
      textOr(`journey.word.${template}.${key}`, key, { interpolation: { prefix: '[[', suffix: ']]' } });
    const draft = templateDraft(template, say, {
      birthdayKey: birthdayAttribute(attributes?.rows)?.key,
      couponKey: attributes?.rows.find((row) => row.kind === 'date' && /coupon|券/i.test(`${row.key} ${row.name}`))
        ?.key,
    });
    const made = await createUnder(t(`journey.template.${template}.name`), {
      description: t(`journey.template.${template}.hint`),
      draft: arrange(draft),
    });
    open(made);
  };

  return (
    <ul className="journey-templates">
      {templateNames.map((name) => (
        <li key={name}>
          <button
            type="button"
            className="journey-template"
            onClick={() => void begin(name)}
            data-testid={`template-${name}`}
          >
            <span className="kind-icon" aria-hidden>
              {icons[name]}
            </span>
            <span className="journey-template-text">
              <strong>{t(`journey.template.${name}.name`)}</strong>
              <span className="muted small">{t(`journey.template.${name}.hint`)}</span>
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}

/** A draft with nothing in it. */
export function NewJourney() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const creating = useWriting(createJourney, {
    onDone: ({ id }) => void navigate({ to: '/journeys/$id/edit', params: { id: String(id) } }),
  });
  return (
    <Button
      type="primary"
      icon={<PlusOutlined />}
      loading={creating.isPending}
      onClick={() =>
        creating.mutate({
          name: `${t('journey.one')} ${new Date().toLocaleTimeString([], { hour12: false })}`,
          draft: emptyDraft(),
        })
      }
      data-testid="journey-new"
    >
      {t('journey.new')}
    </Button>
  );
}
