import {
  ArrowDownOutlined,
  ArrowUpOutlined,
  CopyOutlined,
  DeleteOutlined,
  GroupOutlined,
  HolderOutlined,
  LoginOutlined,
  LogoutOutlined,
  MoreOutlined,
  PlusOutlined,
  QuestionCircleOutlined,
  UndoOutlined,
  UngroupOutlined,
} from '@ant-design/icons';
import { Button, Dropdown, Popover, Segmented, Tag } from 'antd';
import {
  createContext,
  type DragEvent,
  type KeyboardEvent,
  type ReactNode,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import { useTranslation } from 'react-i18next';
import type { Leaf } from '#contract/segments';
import {
  changeNode,
  type Direction,
  dissolveGroup,
  dropNode,
  duplicateNode,
  findNode,
  insertNode,
  moveNode,
  newGroup,
  newRow,
  type RuleGroup,
  type RuleNode,
  type RuleRow,
  removeNode,
  treeOf,
  walk,
  wrapNode,
} from './draft';
import { LeafFields } from './fields';
import { beginningOf, kindGroups } from './kinds';
import type { RuleProblem } from './problems';
import './segments.css';
import { useWords } from './words';

interface Props {
  readonly value: RuleGroup;
  readonly onChange: (rule: RuleGroup) => void;
  readonly problems: readonly RuleProblem[];
  /** Incomplete rows are called so only after an attempt to save. */
  readonly isChecked: boolean;
}

interface Actions {
  change(key: string, next: (node: RuleNode) => RuleNode): void;
  /** Changes the shape; the focus goes to the row named. */
  reshape(next: RuleGroup, focus?: string): void;
  readonly rule: RuleGroup;
  problemOf(key: string): string | undefined;
  numberOf(key: string): string;
  textOf(node: RuleNode): string;
  readonly dragged: string | undefined;
  setDragged(key: string | undefined): void;
}

const ActionsContext = createContext<Actions | undefined>(undefined);

function useActions(): Actions {
  const actions = useContext(ActionsContext);
  if (!actions) throw new Error('a part of the builder stands outside of it');
  return actions;
}

const elementOf = (key: string) => document.getElementById(`rule-${key}`);

/** A rule as groups and rows, by mouse, finger or keyboard. */
export function RuleBuilder({ value, onChange, problems, isChecked }: Props) {
  const { t } = useTranslation();
  const [past, setPast] = useState<readonly RuleGroup[]>([]);
  const [dragged, setDragged] = useState<string>();
  const focus = useRef<string>(undefined);
  const words = useWords(treeOf(value));
  const numbers = useMemo(() => new Map([...walk(value)].map(({ node, number }) => [node.key, number])), [value]);

  useEffect(() => {
    if (focus.current === undefined) return;
    elementOf(focus.current)?.focus();
    focus.current = undefined;
  });

  const actions: Actions = {
    rule: value,
    change: (key, next) => onChange(changeNode(value, key, next)),
    reshape: (next, key) => {
      if (next === value) return;
      setPast([...past.slice(-49), value]);
      focus.current = key;
      onChange(next);
    },
    problemOf: (key) => problems.find((problem) => problem.key === key && (isChecked || problem.isWrong))?.text,
    numberOf: (key) => numbers.get(key) ?? '',
    textOf: (node) => words.say(treeOf(node)),
    dragged,
    setDragged,
  };

  function undo() {
    const before = past.at(-1);
    if (!before) return;
    setPast(past.slice(0, -1));
    onChange(before);
  }

  return (
    <ActionsContext value={actions}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the keys are a shortcut to buttons that stand in it */}
      <div
        className="rule-builder"
        onKeyDown={(event) => {
          const isField = (event.target as HTMLElement).closest('input, textarea, .ant-select') !== null;
          if ((event.ctrlKey || event.metaKey) && event.key === 'z' && !isField) {
            event.preventDefault();
            undo();
          }
        }}
      >
        <Group group={value} isOutermost />
        <div className="rule-foot">
          <Button size="small" type="text" icon={<UndoOutlined />} disabled={past.length === 0} onClick={undo}>
            {t('rule.undo')}
          </Button>
          <Popover trigger="click" title={t('rule.keys')} content={<Keys />}>
            <Button size="small" type="text" icon={<QuestionCircleOutlined />}>
              {t('rule.keys')}
            </Button>
          </Popover>
        </div>
      </div>
    </ActionsContext>
  );
}

const shortcuts = [
  ['↑ ↓', 'walk'],
  ['← →', 'level'],
  ['Enter', 'enter'],
  ['Esc', 'escape'],
  ['Alt ↑ ↓', 'move'],
  ['Alt ← →', 'moveLevel'],
  ['Insert', 'add'],
  ['Ctrl D', 'duplicate'],
  ['Ctrl G', 'wrap'],
  ['Delete', 'remove'],
  ['Ctrl Z', 'undo'],
] as const;

function Keys() {
  const { t } = useTranslation();
  return (
    <dl className="rule-keys">
      {shortcuts.map(([keys, name]) => (
        <div key={name}>
          <dt>
            <kbd>{keys}</kbd>
          </dt>
          <dd>{t(`rule.key.${name}`)}</dd>
        </div>
      ))}
    </dl>
  );
}

const directions: Readonly<Record<string, Direction>> = {
  ArrowUp: 'up',
  ArrowDown: 'down',
  ArrowRight: 'in',
  ArrowLeft: 'out',
};

/** Where the focus goes when a node is gone: to its neighbour, else its group. */
function neighbourOf(rule: RuleGroup, key: string): string | undefined {
  const found = findNode(rule, key);
  if (!found) return undefined;
  const { of } = found.parent;
  const index = of.indexOf(found.node);
  return (of[index + 1] ?? of[index - 1] ?? found.parent).key;
}

function useKeys(node: RuleNode): (event: KeyboardEvent<HTMLElement>) => void {
  const { rule, reshape } = useActions();
  const { key } = node;
  const go = (to: string | undefined) => to !== undefined && elementOf(to)?.focus();

  return (event) => {
    const isOnItself = event.target === event.currentTarget;
    const direction = directions[event.key];
    const take = () => {
      event.preventDefault();
      event.stopPropagation();
    };
    if (event.altKey && direction !== undefined) {
      take();
      reshape(moveNode(rule, key, direction), key);
      return;
    }
    if (event.key === 'Escape' && !isOnItself && event.currentTarget === itemOf(event.target)) {
      // A list of choices that is open closes first.
      if (
        document.querySelector(
          '.ant-select-open, .ant-picker-focused .ant-picker-dropdown:not(.ant-picker-dropdown-hidden)',
        )
      )
        return;
      take();
      event.currentTarget.focus();
      return;
    }
    if (!isOnItself) return;
    const order = [rule, ...[...walk(rule)].map((found) => found.node)];
    const place = order.findIndex((other) => other.key === key);
    const control = event.ctrlKey || event.metaKey;
    if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
      take();
      go(order[place + (event.key === 'ArrowUp' ? -1 : 1)]?.key);
    } else if (event.key === 'ArrowLeft') {
      take();
      go(findNode(rule, key)?.parent.key);
    } else if (event.key === 'ArrowRight' && node.kind === 'group') {
      take();
      go(node.of[0]?.key);
    } else if (event.key === 'Home' || event.key === 'End') {
      take();
      go(order.at(event.key === 'Home' ? 0 : -1)?.key);
    } else if (event.key === 'Enter') {
      take();
      event.currentTarget.querySelector<HTMLElement>('.rule-fields input, .rule-fields button, .rule-add')?.focus();
    } else if (key === rule.key) {
      return;
    } else if (event.key === 'Delete' || event.key === 'Backspace') {
      take();
      reshape(removeNode(rule, key), neighbourOf(rule, key));
    } else if (control && event.key.toLowerCase() === 'd') {
      take();
      const copied = duplicateNode(rule, key);
      reshape(copied.rule, copied.key);
    } else if (control && event.key.toLowerCase() === 'g') {
      take();
      reshape(wrapNode(rule, key), key);
    } else if (event.key === 'Insert') {
      take();
      const found = findNode(rule, key);
      const row = newRow(node.kind === 'row' ? beginningOf(node.leaf.kind) : beginningOf('attribute'));
      if (found) reshape(insertNode(rule, found.parent.key, row, found.parent.of.indexOf(node) + 1), row.key);
    }
  };
}

const itemOf = (target: EventTarget) => (target as HTMLElement).closest<HTMLElement>('[data-rule-node]');

/** What makes a node take part in dragging: it may be dropped upon, and what is dropped comes before it. */
function useDrop(target: { before: string } | { into: string }) {
  const { rule, reshape, dragged, setDragged } = useActions();
  const [isOver, setOver] = useState(false);
  return {
    isOver: isOver && dragged !== undefined,
    handlers: {
      onDragOver: (event: DragEvent) => {
        if (dragged === undefined) return;
        event.preventDefault();
        event.stopPropagation();
        setOver(true);
      },
      onDragLeave: () => setOver(false),
      onDrop: (event: DragEvent) => {
        event.preventDefault();
        event.stopPropagation();
        setOver(false);
        if (dragged !== undefined) reshape(dropNode(rule, dragged, target), dragged);
        setDragged(undefined);
      },
    },
  };
}

function Handle({ node }: { node: RuleNode }) {
  const { t } = useTranslation();
  const { setDragged } = useActions();
  return (
    <span
      className="rule-handle"
      draggable
      title={t('rule.drag')}
      aria-hidden
      onDragStart={(event) => {
        event.dataTransfer.effectAllowed = 'move';
        event.dataTransfer.setData('text/plain', node.key);
        const element = elementOf(node.key);
        if (element) event.dataTransfer.setDragImage(element, 12, 12);
        setDragged(node.key);
      }}
      onDragEnd={() => setDragged(undefined)}
    >
      <HolderOutlined />
    </span>
  );
}

function Group({ group, isOutermost = false }: { group: RuleGroup; isOutermost?: boolean }) {
  const { t } = useTranslation();
  const actions = useActions();
  const onKeyDown = useKeys(group);
  const drop = useDrop({ before: group.key });
  const end = useDrop({ into: group.key });
  const problem = actions.problemOf(group.key);
  const number = actions.numberOf(group.key);
  const add = (node: RuleNode) => actions.reshape(insertNode(actions.rule, group.key, node), node.key);
  const setGroup = (patch: Partial<RuleGroup>) =>
    actions.change(group.key, (node) => ({ ...(node as RuleGroup), ...patch }));

  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot take the focus
    <div
      id={`rule-${group.key}`}
      data-rule-node=""
      role="group"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: as above
      tabIndex={0}
      aria-label={
        isOutermost ? t('rule.whole') : t('rule.groupLabel', { number, joint: t(`rule.joint.${group.joint}`) })
      }
      className={`rule-group ${isOutermost ? 'rule-outermost' : ''} ${group.isNegated ? 'rule-negated' : ''} ${drop.isOver ? 'rule-over' : ''} ${problem === undefined ? '' : 'rule-wrong'}`}
      onKeyDown={onKeyDown}
      {...(isOutermost ? {} : drop.handlers)}
    >
      <div className="rule-group-head">
        {!isOutermost && <Handle node={group} />}
        {!isOutermost && <span className="rule-place">{number}</span>}
        {group.isNegated && <Tag color="warning">{t('rule.not')}</Tag>}
        <Segmented<RuleGroup['joint']>
          size="small"
          aria-label={t('rule.jointLabel')}
          value={group.joint}
          onChange={(joint) => setGroup({ joint })}
          options={(['all', 'any'] as const).map((joint) => ({ value: joint, label: t(`rule.joint.${joint}`) }))}
        />
        <span className="rule-space" />
        {!isOutermost && <NodeActions node={group} />}
      </div>
      {group.of.length > 0 && (
        <ol className={`rule-list rule-list-${group.joint}`} data-joint={t(`rule.jointShort.${group.joint}`)}>
          {group.of.map((node) => (
            <li key={node.key}>{node.kind === 'group' ? <Group group={node} /> : <Row row={node} />}</li>
          ))}
        </ol>
      )}
      {problem !== undefined && (
        <p className="rule-problem" role="alert">
          {problem}
        </p>
      )}
      <div className={`rule-add-line ${end.isOver ? 'rule-over' : ''}`} {...end.handlers}>
        <AddCondition onAdd={(kind) => add(newRow(beginningOf(kind)))} />
        <Button
          size="small"
          type="text"
          icon={<GroupOutlined />}
          onClick={() => add(newGroup([], group.joint === 'all' ? 'any' : 'all'))}
        >
          {t('rule.addGroup')}
        </Button>
      </div>
    </div>
  );
}

function Row({ row }: { row: RuleRow }) {
  const { t } = useTranslation();
  const actions = useActions();
  const onKeyDown = useKeys(row);
  const drop = useDrop({ before: row.key });
  const problem = actions.problemOf(row.key);
  const number = actions.numberOf(row.key);
  const setLeaf = (leaf: Leaf) => actions.change(row.key, (node) => ({ ...(node as RuleRow), leaf }));

  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot take the focus
    <div
      id={`rule-${row.key}`}
      data-rule-node=""
      data-testid="rule-row"
      role="group"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: as above
      tabIndex={0}
      aria-label={t('rule.rowLabel', { number, text: actions.textOf(row) })}
      aria-invalid={problem !== undefined}
      className={`rule-row ${row.isNegated ? 'rule-negated' : ''} ${drop.isOver ? 'rule-over' : ''} ${problem === undefined ? '' : 'rule-wrong'}`}
      onKeyDown={onKeyDown}
      {...drop.handlers}
    >
      <div className="rule-row-head">
        <Handle node={row} />
        <span className="rule-place">{number}</span>
        {row.isNegated && <Tag color="warning">{t('rule.not')}</Tag>}
        <strong className="rule-kind">{t(`rule.kind.${row.leaf.kind}`)}</strong>
        <NodeActions node={row} />
      </div>
      <div className="rule-fields">
        <LeafFields leaf={row.leaf} set={setLeaf} />
      </div>
      {problem !== undefined && (
        <p className="rule-problem" role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}

function NodeActions({ node }: { node: RuleNode }) {
  const { t } = useTranslation();
  const { rule, change, reshape, numberOf } = useActions();
  const { key } = node;
  const number = numberOf(key);
  const named = (text: string) => t('rule.actionOf', { action: text, number });
  const move = (direction: Direction) => () => reshape(moveNode(rule, key, direction), key);
  const entry = (name: string, label: string, icon: ReactNode, run: () => void, keys?: string) => ({
    key: name,
    icon,
    label: (
      <span className="rule-menu-entry">
        {label}
        {keys !== undefined && <kbd>{keys}</kbd>}
      </span>
    ),
    onClick: run,
  });
  const duplicate = () => {
    const copied = duplicateNode(rule, key);
    reshape(copied.rule, copied.key);
  };
  return (
    <span className="rule-actions">
      <Button
        size="small"
        type={node.isNegated ? 'default' : 'text'}
        aria-pressed={node.isNegated}
        aria-label={named(t('rule.negate'))}
        title={t('rule.negateHint')}
        onClick={() => change(key, (before) => ({ ...before, isNegated: !before.isNegated }))}
      >
        {t('rule.negate')}
      </Button>
      <Button
        size="small"
        type="text"
        className="rule-wide-only"
        icon={<CopyOutlined />}
        aria-label={named(t('rule.duplicate'))}
        title={t('rule.duplicate')}
        onClick={duplicate}
      />
      <Dropdown
        trigger={['click']}
        menu={{
          items: [
            entry('up', t('rule.moveUp'), <ArrowUpOutlined />, move('up'), 'Alt ↑'),
            entry('down', t('rule.moveDown'), <ArrowDownOutlined />, move('down'), 'Alt ↓'),
            entry('in', t('rule.moveIn'), <LoginOutlined />, move('in'), 'Alt →'),
            entry('out', t('rule.moveOut'), <LogoutOutlined />, move('out'), 'Alt ←'),
            { type: 'divider' as const },
            entry('duplicate', t('rule.duplicate'), <CopyOutlined />, duplicate, 'Ctrl D'),
            entry('wrap', t('rule.wrap'), <GroupOutlined />, () => reshape(wrapNode(rule, key), key), 'Ctrl G'),
            ...(node.kind === 'group'
              ? [
                  entry('dissolve', t('rule.dissolve'), <UngroupOutlined />, () =>
                    reshape(dissolveGroup(rule, key), node.of[0]?.key),
                  ),
                ]
              : []),
          ],
        }}
      >
        <Button size="small" type="text" icon={<MoreOutlined />} aria-label={named(t('common.more'))} />
      </Dropdown>
      <Button
        size="small"
        type="text"
        icon={<DeleteOutlined />}
        aria-label={named(t('common.remove'))}
        title={t('common.remove')}
        onClick={() => reshape(removeNode(rule, key), neighbourOf(rule, key))}
      />
    </span>
  );
}

function AddCondition({ onAdd }: { onAdd: (kind: Leaf['kind']) => void }) {
  const { t } = useTranslation();
  return (
    <Dropdown
      trigger={['click']}
      classNames={{ root: 'rule-kind-menu' }}
      menu={{
        items: kindGroups.map(({ name, kinds }) => ({
          key: name,
          type: 'group' as const,
          label: t(`rule.kindGroup.${name}`),
          children: kinds.map((kind) => ({ key: kind, label: t(`rule.kind.${kind}`) })),
        })),
        onClick: ({ key }) => onAdd(key as Leaf['kind']),
      }}
    >
      <Button size="small" type="dashed" icon={<PlusOutlined />} className="rule-add" data-testid="rule-add">
        {t('rule.add')}
      </Button>
    </Dropdown>
  );
}
