import { CodeOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Button, Dropdown, Form, Input, Tooltip } from 'antd';
import type { TextAreaRef } from 'antd/es/input/TextArea';
import { type ReactNode, useCallback, useId, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { variables } from '#contract/content';
import { listAttributes } from '#contract/customers';
import { useCan } from '~/app/session';
import { reading } from '~/call';
import { textOr } from '~/i18n/index';
import { useProblem } from './draft';

/** Inputs for texts that are templates: variables are put in where the cursor stands. */

type Variable = (typeof variables)[number];

/** Variables that most messages use: a button each. */
const usual: readonly Variable[] = ['customer.name', 'customer.title', 'staff.name'];

/** Older texts call these so. */
const shortNames: Readonly<Record<string, string>> = {
  customer_name: 'customer.name',
  staff_name: 'staff.name',
  staff_alias: 'staff.alias',
  code_name: 'code.name',
  hook: 'code.hook',
};

/** In the catalogue, dots would be levels. */
const keyOfVariable = (path: string) => `templateVariable.${path.replaceAll('.', '_')}`;

/** The name of a variable as people call it; of an attribute, the attribute's. */
export function useVariableName(): (path: string) => string {
  const attributes = useAttributes();
  return useCallback(
    (path: string) => {
      const key = path.startsWith('customer.attributes.') ? path.slice('customer.attributes.'.length) : undefined;
      if (key !== undefined) return attributes.find((attribute) => attribute.key === key)?.name ?? key;
      return textOr(`${keyOfVariable(shortNames[path] ?? path)}.name`, path);
    },
    [attributes],
  );
}

const none: readonly never[] = [];

function useAttributes() {
  const can = useCan();
  const { data } = useQuery({ ...reading(listAttributes, {}), enabled: can('customer.read'), staleTime: 60_000 });
  return data?.rows ?? none;
}

interface MenuProps {
  /** Only the brand's own: for texts that everybody gets alike. */
  readonly isShared?: boolean;
  /** Those with a button of their own. */
  readonly common?: readonly Variable[] | undefined;
  readonly onChoose: (path: string) => void;
}

function VariableButtons({ isShared = false, common = usual, onChoose }: MenuProps) {
  const { t } = useTranslation();
  const nameOf = useVariableName();
  const attributes = useAttributes();
  const shown: readonly Variable[] = isShared ? ['organization.name'] : common;
  const item = (path: string) => ({
    key: path,
    label: (
      <span className="variable-item">
        {nameOf(path)} <code className="muted small">{path}</code>
      </span>
    ),
  });
  const groupOf = (name: 'customer' | 'staff' | 'organization' | 'code') => ({
    key: name,
    type: 'group' as const,
    label: t(`template.group.${name}`),
    children: variables.filter((path) => path.startsWith(`${name}.`)).map(item),
  });
  const groups = [
    groupOf('customer'),
    ...(attributes.length === 0
      ? []
      : [
          {
            key: 'attributes',
            type: 'group' as const,
            label: t('template.group.attributes'),
            children: attributes.map((attribute) => item(`customer.attributes.${attribute.key}`)),
          },
        ]),
    groupOf('staff'),
    groupOf('organization'),
    groupOf('code'),
  ];
  return (
    <div className="variables">
      <span className="muted">{t('message.insert')}</span>
      {shown.map((path) => (
        <Tooltip key={path} title={textOr(`${keyOfVariable(path)}.hint`, path)}>
          <Button size="small" onClick={() => onChoose(path)}>
            {nameOf(path)}
          </Button>
        </Tooltip>
      ))}
      {!isShared && (
        <Dropdown
          trigger={['click']}
          menu={{ items: groups, onClick: ({ key }) => onChoose(key), className: 'variable-menu' }}
        >
          <Button size="small" icon={<CodeOutlined />} data-testid="more-variables">
            {t('template.more')}
          </Button>
        </Dropdown>
      )}
    </div>
  );
}

interface Props {
  readonly label: ReactNode;
  /** Where it stands in the draft: problems are shown from there. */
  readonly path: string;
  /** More places whose problems are shown here. */
  readonly alsoPath?: string;
  readonly value: string;
  readonly onChange: (text: string) => void;
  readonly placeholder?: string;
  readonly maxLength: number;
  /** Shown at the end of the field instead of the count of characters: what a platform counts. */
  readonly count?: ReactNode;
  readonly hint?: ReactNode;
  readonly minRows?: number;
  readonly isLine?: boolean;
  readonly isShared?: boolean;
  readonly common?: readonly Variable[];
  readonly isOptional?: boolean;
  readonly testId?: string;
}

export function TemplateInput(props: Props) {
  const { t } = useTranslation();
  const id = useId();
  const area = useRef<TextAreaRef>(null);
  const { path, alsoPath = path, value, onChange, isLine = false } = props;
  const here = useProblem(path);
  const there = useProblem(alsoPath);
  const problem = here ?? there;

  function insert(variable: string) {
    const element = area.current?.resizableTextArea?.textArea;
    const written = `{{ ${variable} }}`;
    const start = element?.selectionStart ?? value.length;
    const end = element?.selectionEnd ?? start;
    onChange(value.slice(0, start) + written + value.slice(end));
    requestAnimationFrame(() => {
      element?.focus();
      element?.setSelectionRange(start + written.length, start + written.length);
    });
  }

  return (
    <Form.Item
      label={props.label}
      htmlFor={id}
      required={!props.isOptional}
      validateStatus={problem === undefined ? '' : 'error'}
      help={problem}
      extra={problem === undefined ? (props.hint ?? t('template.hint')) : undefined}
    >
      <VariableButtons isShared={props.isShared ?? false} common={props.common} onChoose={insert} />
      <Input.TextArea
        id={id}
        ref={area}
        value={value}
        onChange={(event) => onChange(isLine ? event.target.value.replace(/[\r\n]+/g, ' ') : event.target.value)}
        autoSize={isLine ? { minRows: 1, maxRows: 3 } : { minRows: props.minRows ?? 4, maxRows: 16 }}
        maxLength={props.maxLength}
        showCount={props.count === undefined ? true : { formatter: () => '' }}
        placeholder={props.placeholder}
        data-testid={props.testId}
      />
      {props.count !== undefined && <div className="template-count">{props.count}</div>}
    </Form.Item>
  );
}
