import { QuestionCircleOutlined } from '@ant-design/icons';
import { Tooltip } from 'antd';
import type { ReactNode } from 'react';

/** A question mark that tells what a figure means, by mouse, finger or keyboard. */
export function Definition({ text }: { text: string }) {
  return (
    <Tooltip title={text} trigger={['hover', 'focus', 'click']}>
      <button type="button" className="definition" aria-label={text}>
        <QuestionCircleOutlined />
      </button>
    </Tooltip>
  );
}

interface Props {
  readonly title?: ReactNode;
  readonly definition?: string;
  readonly extra?: ReactNode;
  readonly className?: string;
  /** Content touches the edges, as a table does. */
  readonly isFlush?: boolean;
  readonly children: ReactNode;
}

/** A titled section of a page. */
export function Panel({ title, definition, extra, className = '', isFlush = false, children }: Props) {
  return (
    <section className={`panel ${className}`}>
      {(title !== undefined || extra !== undefined) && (
        <header className="panel-header">
          <h2>
            {title}
            {definition !== undefined && <Definition text={definition} />}
          </h2>
          {extra}
        </header>
      )}
      <div className={isFlush ? 'panel-flush' : 'panel-body'}>{children}</div>
    </section>
  );
}
