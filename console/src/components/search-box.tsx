import { SearchOutlined } from '@ant-design/icons';
import { Input } from 'antd';
import { useEffect, useRef, useState } from 'react';

interface Props {
  readonly value: string | undefined;
  readonly onChange: (value: string | undefined) => void;
  readonly placeholder: string;
  /** More than fits the placeholder, on hover. */
  readonly hint?: string;
  readonly testId?: string;
}

const pauseMs = 300;

/** A search that reaches the address when typing pauses. */
export function SearchBox({ value = '', onChange, placeholder, hint, testId }: Props) {
  const [typed, setTyped] = useState(value);
  const sent = useRef(value);

  // The address changed from outside (back button, cleared filters): the box follows.
  useEffect(() => {
    if (value !== sent.current) {
      sent.current = value;
      setTyped(value);
    }
  }, [value]);

  useEffect(() => {
    const wanted = typed.trim();
    if (wanted === sent.current) return;
    const timer = setTimeout(() => {
      sent.current = wanted;
      onChange(wanted === '' ? undefined : wanted);
    }, pauseMs);
    return () => clearTimeout(timer);
  }, [typed, onChange]);

  return (
    <Input
      allowClear
      prefix={<SearchOutlined className="muted" />}
      value={typed}
      maxLength={60}
      onChange={(event) => setTyped(event.target.value)}
      placeholder={placeholder}
      aria-label={hint ?? placeholder}
      title={hint}
      data-testid={testId}
      className="search-box"
    />
  );
}
