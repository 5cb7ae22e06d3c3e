import { CopyOutlined, DeleteOutlined } from '@ant-design/icons';
import { Button, Input, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import { type DraftNode, type GraphProblem, type JourneyDraft, waysOf } from '#contract/journey-graph';
import { Beside } from './beside';
import { startId } from './canvas';
import { changeNode, connect } from './draft';
import { PartField, PartProblems, type SetData, usePartProblem } from './fields';
import { KindIcon } from './kinds';
import { NodeFields } from './node-forms';
import { SettingsForm } from './settings-form';
import { useJourneyWords, useProblemText } from './words';

interface Props {
  readonly journeyId: number;
  readonly draft: JourneyDraft;
  /** Id of a node, or `startId`; undefined while the drawer is shut. */
  readonly open: string | undefined;
  readonly problems: readonly GraphProblem[];
  readonly change: (next: (draft: JourneyDraft) => JourneyDraft, about?: string) => void;
  readonly onDuplicate: (id: string) => void;
  readonly onRemove: (id: string) => void;
  readonly onClose: () => void;
}

/** The form of what is chosen on the canvas: a node, or the entry. */
export function NodeDrawer(props: Props) {
  const { draft, open, problems, change, onDuplicate, onRemove, onClose } = props;
  const { t } = useTranslation();
  const node = draft.nodes.find((one) => one.id === open);
  const isEntry = open === startId;
  return (
    <Beside
      isOpen={isEntry || node !== undefined}
      // The form of another node is another form.
      key={open ?? 'shut'}
      onClose={onClose}
      title={
        isEntry ? (
          t('journey.start')
        ) : node ? (
          <span className="journey-drawer-title">
            <KindIcon kind={node.kind} /> {t(`journey.node.${node.kind}`)}
          </span>
        ) : null
      }
      extra={
        node && (
          <>
            <Button
              type="text"
              icon={<CopyOutlined />}
              aria-label={t('journey.duplicate')}
              onClick={() => onDuplicate(node.id)}
            />
            <Button
              type="text"
              danger
              icon={<DeleteOutlined />}
              aria-label={t('common.delete')}
              onClick={() => onRemove(node.id)}
            />
          </>
        )
      }
    >
      {isEntry && <SettingsForm draft={draft} problems={problems} change={change} />}
      {node && (
        <PartProblems problems={problems.filter((one) => one.place === 'node' && one.id === node.id)}>
          <NodeForm {...props} node={node} />
        </PartProblems>
      )}
    </Beside>
  );
}

function NodeForm({ journeyId, draft, node, change }: Props & { node: DraftNode }) {
  const { t } = useTranslation();
  const problemText = useProblemText();
  const whole = usePartProblem('');
  const set: SetData = (patch, about) =>
    change(
      (before) => changeNode(before, node.id, (one) => ({ ...one, data: merged(one.data, patch) })),
      about && `${node.id} ${about}`,
    );
  return (
    <div className="stack">
      <p className="muted">{t(`journey.nodeHint.${node.kind}`)}</p>
      {whole && <p className="journey-problem">{problemText(whole)}</p>}
      <PartField
        label={t('journey.nodeName')}
        path="name"
        hint={t('journey.nodeNameHint', { name: t(`journey.node.${node.kind}`) })}
      >
        <Input
          value={node.name}
          maxLength={60}
          onChange={(event) => {
            const name = event.target.value;
            change((before) => changeNode(before, node.id, (one) => ({ ...one, name })), `${node.id} name`);
          }}
        />
      </PartField>
      <NodeFields kind={node.kind} journeyId={journeyId} name={node.name} data={node.data} set={set} />
      <Ways draft={draft} node={node} change={change} />
    </div>
  );
}

/** What is undefined is absent. */
function merged(data: Record<string, unknown>, patch: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries({ ...data, ...patch }).filter(([, value]) => value !== undefined));
}

/** Where each way leads, as a list: for those who do not draw lines. */
function Ways({ draft, node, change }: Pick<Props, 'draft' | 'change'> & { node: DraftNode }) {
  const { t } = useTranslation();
  const words = useJourneyWords(draft);
  const ways = waysOf(node);
  if (ways.length === 0) return null;
  const options = draft.nodes
    .filter((one) => one.id !== node.id)
    .map((one) => ({ value: one.id, label: words.nameNode(one) }));
  return (
    <section>
      <h3 className="section-title">{t('journey.ways')}</h3>
      {ways.map((way) => (
        <PartField key={way} label={`${words.sayWay(node, way)} ${t('journey.wayTo')}`} path={`next.${way}`}>
          <Select<string | null>
            allowClear
            value={node.next[way] ?? null}
            onChange={(target) => change((before) => connect(before, { node: node.id, way }, target ?? null))}
            options={options}
            placeholder={t('journey.nowhere')}
            showSearch={{ optionFilterProp: 'label' }}
            className="full-width"
          />
        </PartField>
      ))}
    </section>
  );
}
