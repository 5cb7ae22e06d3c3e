import { Link } from '@tanstack/react-router';
import { useCan } from '~/app/session';

/** A channel code's name; a link for those who may see codes. */
export function CodeName({ code }: { code: { readonly id: number; readonly name: string } }) {
  const can = useCan();
  if (!can('code.read')) return <span className="quiet-link">{code.name}</span>;
  return (
    <Link to="/codes/$id" params={{ id: String(code.id) }} className="quiet-link">
      {code.name}
    </Link>
  );
}
