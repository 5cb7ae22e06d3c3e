import {
  ApiOutlined,
  BellOutlined,
  BranchesOutlined,
  CalendarOutlined,
  CarryOutOutlined,
  ClockCircleOutlined,
  ExperimentOutlined,
  FieldTimeOutlined,
  FlagOutlined,
  FormOutlined,
  MessageOutlined,
  RightSquareOutlined,
  TagOutlined,
} from '@ant-design/icons';
import type { ReactNode } from 'react';
import type { NodeKind } from '#contract/journey-graph';

const nodeIcons: { readonly [K in NodeKind]: ReactNode } = {
  wait: <ClockCircleOutlined />,
  wait_until: <FieldTimeOutlined />,
  wait_date: <CalendarOutlined />,
  wait_event: <BellOutlined />,
  branch: <BranchesOutlined />,
  split: <ExperimentOutlined />,
  touch: <MessageOutlined />,
  task: <CarryOutOutlined />,
  tag: <TagOutlined />,
  attribute: <FormOutlined />,
  webhook: <ApiOutlined />,
  move: <RightSquareOutlined />,
  end: <FlagOutlined />,
};

/** Waits, forks, what reaches people, and the rest look apart. */
const toneOf = {
  wait: 'time',
  wait_until: 'time',
  wait_date: 'time',
  wait_event: 'time',
  branch: 'fork',
  split: 'fork',
  touch: 'reach',
  task: 'reach',
  tag: 'note',
  attribute: 'note',
  webhook: 'note',
  move: 'over',
  end: 'over',
} as const satisfies { readonly [K in NodeKind]: string };

export function KindIcon({ kind }: { kind: NodeKind }) {
  return (
    <span className={`journey-icon journey-icon-${toneOf[kind]}`} aria-hidden>
      {nodeIcons[kind]}
    </span>
  );
}

/** Kinds as the menu groups them. */
export const kindGroups: readonly (readonly NodeKind[])[] = [
  ['touch', 'task'],
  ['wait', 'wait_until', 'wait_date', 'wait_event'],
  ['branch', 'split'],
  ['tag', 'attribute', 'webhook', 'move', 'end'],
];
