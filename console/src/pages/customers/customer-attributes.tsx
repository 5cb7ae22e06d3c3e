import { EditOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Button, DatePicker, Input, InputNumber, Select } from 'antd';
import dayjs from 'dayjs';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import { type getCustomer, listAttributes, setAttributes } from '#contract/customers';
import { useCan } from '~/app/session';
import { reading } from '~/call';
import { Hinted } from '~/components/accounts';
import { Panel } from '~/components/panel';
import { useToldBy } from '~/components/told-by';
import { useWriting } from '~/components/writing';
import { useFormat } from '~/format';

type Definition = Output<typeof listAttributes>['rows'][number];
type Attribute = Output<typeof getCustomer>['attributes'][number];
type Value = string | number | boolean;

/** More empty attributes than this are folded away. */
const shownEmpty = 3;

export function AttributesPanel({ customer }: { customer: Output<typeof getCustomer> }) {
  const { t } = useTranslation();
  const can = useCan();
  const { data } = useQuery({ ...reading(listAttributes, {}), staleTime: 60_000 });
  const [changes, setChanges] = useState<Record<string, Value | null> | null>(null);
  const saving = useWriting(setAttributes, { said: t('common.saved'), onDone: () => setChanges(null) });
  const definitions = data?.rows ?? [];
  const [isWhole, setWhole] = useState(false);
  const known = new Map(customer.attributes.map((attribute) => [attribute.key, attribute]));
  // Systems tell of many attributes that most customers do not have: empty ones are shown on request.
  const emptyCount = definitions.filter((definition) => !known.has(definition.key)).length;
  const isFolded = changes === null && !isWhole && emptyCount > shownEmpty;
  const shown = isFolded ? definitions.filter((definition) => known.has(definition.key)) : definitions;

  return (
    <Panel
      title={t('attribute.many')}
      extra={
        can('customer.write') &&
        changes === null &&
        definitions.length > 0 && (
          <Button type="text" size="small" icon={<EditOutlined />} onClick={() => setChanges({})}>
            {t('common.edit')}
          </Button>
        )
      }
    >
      {definitions.length === 0 && (
        <span className="muted">
          {t('attribute.noneDefined')} {can('attribute.write') && <Link to="/attributes">{t('attribute.define')}</Link>}
        </span>
      )}
      <dl className="facts">
        {shown.map((definition) => {
          const changed = changes?.[definition.key];
          const attribute = known.get(definition.key);
          const current = changed === undefined ? attribute?.value : (changed ?? undefined);
          return (
            <div key={definition.key}>
              <dt>{definition.name}</dt>
              <dd>
                {changes === null ? (
                  <AttributeText definition={definition} attribute={attribute} />
                ) : (
                  <AttributeInput
                    definition={definition}
                    value={current}
                    onChange={(value) => setChanges({ ...changes, [definition.key]: value })}
                  />
                )}
              </dd>
            </div>
          );
        })}
      </dl>
      {isFolded && shown.length === 0 && <p className="muted">{t('people.noValues')}</p>}
      {changes === null && emptyCount > shownEmpty && (
        <Button type="link" size="small" className="inline-button" onClick={() => setWhole(!isWhole)}>
          {isWhole ? t('people.hideEmpty') : t('people.showEmpty', { n: emptyCount })}
        </Button>
      )}
      {changes !== null && (
        <div className="buttons">
          <Button
            type="primary"
            size="small"
            loading={saving.isPending}
            disabled={Object.keys(changes).length === 0}
            onClick={() => saving.mutate({ id: customer.id, values: changes })}
          >
            {t('common.save')}
          </Button>
          <Button size="small" onClick={() => setChanges(null)}>
            {t('common.cancel')}
          </Button>
        </div>
      )}
    </Panel>
  );
}

interface TextProps {
  readonly definition: Definition;
  readonly attribute: Attribute | undefined;
}

/** The value, and on hover who told it when. */
function AttributeText({ definition, attribute }: TextProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const toldBy = useToldBy();
  if (attribute === undefined) return <span className="muted">–</span>;
  const { value, setAt, setBy } = attribute;
  const [source, time] = [toldBy(attribute), format.time(setAt)];
  const hint =
    setBy === null ? t('people.setBy', { source, time }) : t('people.setByPerson', { source, name: setBy, time });
  return <Hinted hint={hint}>{writtenValue()}</Hinted>;

  function writtenValue(): string {
    if (typeof value === 'boolean') return t(value ? 'common.yes' : 'common.no');
    if (typeof value === 'number') return format.number(value);
    return definition.kind === 'date' ? format.longDay(value) : value;
  }
}

interface InputProps {
  readonly definition: Definition;
  readonly value: Value | undefined;
  readonly onChange: (value: Value | null) => void;
}

function AttributeInput({ definition, value, onChange }: InputProps) {
  const { t } = useTranslation();
  const shared = { 'aria-label': definition.name, className: 'full-width', size: 'small' as const };
  switch (definition.kind) {
    case 'text':
      return (
        <Input
          {...shared}
          maxLength={500}
          value={typeof value === 'string' ? value : ''}
          onChange={(event) => onChange(event.target.value.trim() === '' ? null : event.target.value)}
        />
      );
    case 'number':
      return (
        <InputNumber
          {...shared}
          value={typeof value === 'number' ? value : null}
          onChange={(typed) => onChange(typed)}
        />
      );
    case 'date':
      return (
        <DatePicker
          {...shared}
          value={typeof value === 'string' ? dayjs(value) : null}
          onChange={(picked) => onChange(picked === null ? null : picked.format('YYYY-MM-DD'))}
        />
      );
    case 'boolean':
      return (
        <Select
          {...shared}
          allowClear
          value={typeof value === 'boolean' ? String(value) : null}
          onChange={(picked) => onChange(picked == null ? null : picked === 'true')}
          options={[
            { value: 'true', label: t('common.yes') },
            { value: 'false', label: t('common.no') },
          ]}
        />
      );
    case 'choice':
      return (
        <Select
          {...shared}
          allowClear
          showSearch
          value={typeof value === 'string' ? value : null}
          onChange={(picked) => onChange(picked ?? null)}
          options={definition.choices.map((choice) => ({ value: choice, label: choice }))}
        />
      );
  }
}
