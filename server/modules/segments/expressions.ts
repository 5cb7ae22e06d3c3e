/**
 * Sets of customers as expressions, and their SQL. A leaf gives two of them: whom it is true for and whom it is false for;
 * who is in neither is unknown. So `not` only changes the two over, and no set ever has to be taken from a bare
 * complement that would sweep in the unknown.
 */
export type Expression =
  /** `sql` selects customer_id; `isUnique` when it names nobody twice. `size`: about how many rows. */
  | { readonly is: 'rows'; readonly sql: string; readonly isUnique: boolean; readonly size: number }
  /** A condition on the columns of `customer c`, never null; `byId` where it only asks for the id, whatever its column is called. */
  | { readonly is: 'test'; readonly sql: string; readonly byId?: (id: string) => string }
  | { readonly is: 'except'; readonly of: Expression }
  | { readonly is: 'and' | 'or'; readonly of: readonly Expression[] };

type Rows = Extract<Expression, { is: 'rows' }>;

export const rows = (sql: string, isUnique: boolean, size: number): Expression => ({ is: 'rows', sql, isUnique, size });
type Test = Omit<Extract<Expression, { is: 'test' }>, 'is'>;

export const test = (sql: string): Expression => ({ is: 'test', sql });
export const testId = (byId: (id: string) => string): Expression => ({ is: 'test', sql: byId('c.id'), byId });
export const and = (of: readonly Expression[]): Expression => flat('and', of);
export const or = (of: readonly Expression[]): Expression => flat('or', of);

/** Everyone but; only right for a set that leaves nobody unknown. */
export const except = (of: Expression): Expression =>
  of.is === 'except' ? of.of : of.is === 'test' ? negate(of) : { is: 'except', of };

function negate({ sql, byId }: Test): Expression {
  return byId ? testId((id) => `not (${byId(id)})`) : test(`not (${sql})`);
}

function flat(is: 'and' | 'or', of: readonly Expression[]): Expression {
  const parts = of.flatMap((part) => (part.is === is ? part.of : [part]));
  const [only] = parts;
  return parts.length === 1 && only ? only : { is, of: parts };
}

/** The rows of an expression. Small sets lead and large ones are only asked, because neither engine knows their sizes. */
export function render(expression: Expression, customers: number): Rows {
  switch (expression.is) {
    case 'rows':
      return expression;
    case 'test':
      return {
        is: 'rows',
        sql: `select c.id as customer_id from customer c where ${expression.sql}`,
        isUnique: true,
        size: customers / 3,
      };
    case 'except':
      return renderAll([], [], [render(expression.of, customers)], customers);
    case 'and':
      return renderAnd(expression.of, customers);
    case 'or':
      return renderOr(expression.of, customers);
  }
}

function renderAnd(parts: readonly Expression[], customers: number): Rows {
  const tests: Test[] = parts.flatMap((part) => (part.is === 'test' ? [part] : []));
  const excluded = parts.flatMap((part) => (part.is === 'except' ? [render(part.of, customers)] : []));
  const sets = parts.flatMap((part) => {
    if (part.is === 'test' || part.is === 'except') return [];
    const anyTest = part.is === 'or' ? asTest(part.of) : undefined;
    if (anyTest !== undefined) {
      tests.push({ sql: anyTest });
      return [];
    }
    return [render(part, customers)];
  });
  return renderAll(sets, tests, excluded, customers);
}

/** Alternatives that are all tests, and tests of tests, are one test. */
function asTest(parts: readonly Expression[]): string | undefined {
  const tests = parts.map((part) =>
    part.is === 'test' ? part.sql : part.is === 'and' ? asTests(part.of, ' and ') : undefined,
  );
  return tests.includes(undefined) ? undefined : `(${tests.map((sql) => `(${sql})`).join(' or ')})`;
}

function asTests(parts: readonly Expression[], joint: ' and '): string | undefined {
  const tests = parts.map((part) => (part.is === 'test' ? part.sql : part.is === 'or' ? asTest(part.of) : undefined));
  return tests.includes(undefined) ? undefined : `(${tests.map((sql) => `(${sql})`).join(joint)})`;
}

function renderAll(sets: readonly Rows[], tests: readonly Test[], excluded: readonly Rows[], customers: number): Rows {
  const [leader, ...others] = [...sets].sort((a, b) => a.size - b.size);
  if (leader && others.length + tests.length + excluded.length === 0) return leader;
  const person = leader ? 's.customer_id' : 'c.id';
  const conditions = [
    ...tests.map(({ sql, byId }) => `(${byId ? byId(person) : sql})`),
    ...others.map((set) => `${person} in (${set.sql})`),
    ...excluded.map((_, i) => `x${i}.customer_id is null`),
  ];
  const from = leader
    ? `(${unique(leader)}) s${tests.some((test) => !test.byId) ? ' join customer c on c.id = s.customer_id' : ''}`
    : 'customer c';
  const outside = excluded.map((set, i) => ` left join (${set.sql}) x${i} on x${i}.customer_id = ${person}`);
  return {
    is: 'rows',
    sql: `select ${person} as customer_id from ${from}${outside.join('')} where ${conditions.join(' and ')}`,
    isUnique: true,
    size: (leader?.size ?? customers) / 2 ** Math.min(4, others.length + tests.length),
  };
}

function renderOr(parts: readonly Expression[], customers: number): Rows {
  const test = asTest(parts);
  if (test !== undefined) return render({ is: 'test', sql: test }, customers);
  const isTest = (part: Expression) => part.is === 'test';
  const tests = asTest(parts.filter(isTest));
  const sets = parts.filter((part) => !isTest(part)).map((part) => render(part, customers));
  if (tests !== undefined && parts.some(isTest)) sets.push(render({ is: 'test', sql: tests }, customers));
  return {
    is: 'rows',
    sql: sets.map((set) => `(${set.sql})`).join(' union all '),
    isUnique: sets.length === 1 && sets[0]?.isUnique === true,
    size: sets.reduce((sum, set) => sum + set.size, 0),
  };
}

/** The same rows, nobody twice. */
export const unique = (set: Rows) => (set.isUnique ? set.sql : `select distinct customer_id from (${set.sql}) d`);
