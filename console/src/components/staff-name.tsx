import { Link } from '@tanstack/react-router';
import { useCan } from '~/app/session';

/** A staff member's name; a link for those who may see staff. */
export function StaffName({ staff }: { staff: { readonly id: number; readonly name: string } }) {
  const can = useCan();
  if (!can('staff.read')) return <span>{staff.name}</span>;
  return (
    <Link to="/staff/$id" params={{ id: String(staff.id) }} className="strong-link">
      {staff.name}
    </Link>
  );
}
