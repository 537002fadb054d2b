import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import ts from 'typescript';

/** What is taken for granted while a text is read: values that an identifier, or the last name of a property access, can have. */
export type Facts = Readonly<Record<string, readonly (string | boolean)[]>>;

/** Sources by their path below the folder. */
export type Sources = ReadonlyMap<string, ts.SourceFile>;

export function sourcesBelow(folder: string): Sources {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts') && !/\.(test|test-d|fixture|conformance)\.ts$/.test(name));
  return new Map(names.sort().map((name) => [name, ts.createSourceFile(name, readFileSync(join(folder, name), 'utf8'), ts.ScriptTarget.Latest, true)]));
}

/** What texts are read with. */
export interface Given {
  readonly sources: Sources;
  readonly facts: Facts;
  /** What names are, whatever the code makes them. */
  readonly bound: ReadonlyMap<string, ts.Expression>;
}

/** The texts that an expression can be, parted by slashes, from the code that makes them, as far as that is in sight; `…` is what is only known when it happens. */
export function textOf(given: Given, node: ts.Expression): string {
  return text(given, node, 4).replace(/…{2,}/g, '…');
}

function text(given: Given, node: ts.Expression, depth: number): string {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node)) return node.head.text + node.templateSpans.map((span) => `${filling(given, span.expression, depth)}${span.literal.text}`).join('');
  const ways = waysOf(given, node, depth).flatMap((way) => (way === unknown ? [] : [text(given, way, depth - 1)]));
  return [...new Set(ways.filter((way) => /\w/.test(way)))].join(' / ') || '…';
}

/** Within a text: what it is for sure, or phrases, of which one is there in any case; no words such as `is` or `are`. */
function filling(given: Given, node: ts.Expression, depth: number): string {
  const known = valuesKnown(given, node);
  if (known?.length === 1) return String(known[0]);
  const ways = waysOf(given, node, depth);
  if (ways.includes(unknown)) return '…';
  const texts = [...new Set(ways.map((way) => (way === unknown ? '' : text(given, way, depth - 1))))];
  if (texts.length === 1) return texts[0]!;
  return texts.every((each) => each.split(' ').length > 2) ? `(${texts.join(' / ')})` : '…';
}

const unknown = 'unknown';

/** What an expression can turn out to be: literals and templates, and `unknown` for what is not in sight. */
function waysOf(given: Given, node: ts.Expression, depth: number): readonly (ts.StringLiteralLike | ts.TemplateExpression | typeof unknown)[] {
  if (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)) return [node];
  if (depth === 0) return [unknown];
  const through = (nodes: readonly ts.Expression[]) => (nodes.length === 0 ? ([unknown] as const) : nodes.flatMap((each) => waysOf(given, each, depth - 1)));
  if (ts.isParenthesizedExpression(node) || ts.isAsExpression(node)) return through([node.expression]);
  if (ts.isConditionalExpression(node)) {
    const holds = decide(given, node.condition);
    return through([...(holds === false ? [] : [node.whenTrue]), ...(holds === true ? [] : [node.whenFalse])]);
  }
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken) {
    const first = through([node.left]);
    if (!isPinned(given, node.left)) return [...first, ...through([node.right])];
    return first.includes(unknown) ? through([node.right]) : first;
  }
  if (ts.isElementAccessExpression(node)) return through(valuesIn(given, node));
  if (ts.isCallExpression(node)) return through(returnedBy(given, node.expression));
  return ts.isIdentifier(node) ? through(madeOf(given, node)) : [unknown];
}

function isPinned(given: Given, node: ts.Expression): boolean {
  if (ts.isCallExpression(node)) return isPinned(given, node.expression);
  return ts.isElementAccessExpression(node) && valuesKnown(given, node.argumentExpression) !== undefined;
}

function valuesKnown(given: Given, node: ts.Expression): readonly (string | boolean)[] | undefined {
  const name = lastName(node);
  return name === undefined ? undefined : given.facts[name];
}

/** Whether a condition holds, given the facts; undefined: that is only known when it happens. */
function decide(given: Given, node: ts.Expression): boolean | undefined {
  if (ts.isParenthesizedExpression(node)) return decide(given, node.expression);
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken) return negated(decide(given, node.operand));
  if (!ts.isBinaryExpression(node)) return certain(valuesKnown(given, node)?.map((value) => value === true));
  const { left, right, operatorToken } = node;
  switch (operatorToken.kind) {
    case ts.SyntaxKind.EqualsEqualsEqualsToken:
      return ts.isStringLiteral(right) ? certain(valuesKnown(given, left)?.map((value) => value === right.text)) : undefined;
    case ts.SyntaxKind.ExclamationEqualsEqualsToken:
      return ts.isStringLiteral(right) ? certain(valuesKnown(given, left)?.map((value) => value !== right.text)) : undefined;
    case ts.SyntaxKind.AmpersandAmpersandToken:
      return both(decide(given, left), decide(given, right));
    case ts.SyntaxKind.BarBarToken:
      return negated(both(negated(decide(given, left)), negated(decide(given, right))));
    default:
      return undefined;
  }
}

/** What a table of the code has for a key that is known. */
function valuesIn(given: Given, { expression, argumentExpression }: ts.ElementAccessExpression): readonly ts.Expression[] {
  const keys = valuesKnown(given, argumentExpression);
  const table = ts.isIdentifier(expression) ? madeOf(given, expression).find(ts.isObjectLiteralExpression) : undefined;
  return (table?.properties ?? []).flatMap((each) => (ts.isPropertyAssignment(each) && keys?.includes(nameOf(each.name)) === true ? [each.initializer] : []));
}

/** The keys of a table that `node` looks up with something called `name`, wherever the code does in it. */
export function keysLookedUpIn(given: Given, node: ts.Node, name: string): readonly string[] {
  const found: string[] = [];
  const visit = (each: ts.Node): void => {
    if (ts.isElementAccessExpression(each) && ts.isIdentifier(each.expression) && lastName(each.argumentExpression) === name) {
      const table = madeOf(given, each.expression).find(ts.isObjectLiteralExpression);
      found.push(...(table?.properties ?? []).map((property) => (property.name === undefined ? '' : nameOf(property.name))));
    }
    ts.forEachChild(each, visit);
  };
  visit(node);
  return found;
}

/** What a constant was made of. */
function madeOf(given: Given, node: ts.Identifier): readonly ts.Expression[] {
  const bound = given.bound.get(node.text);
  if (bound !== undefined) return [bound];
  const made = declarationOf(given, node);
  return made !== undefined && ts.isVariableDeclaration(made) && made.initializer !== undefined && (made.parent.flags & ts.NodeFlags.Const) !== 0 ? [made.initializer] : [];
}

function returnedBy(given: Given, callee: ts.Expression): readonly ts.Expression[] {
  const made = ts.isElementAccessExpression(callee) ? valuesIn(given, callee) : ts.isIdentifier(callee) ? [declarationOf(given, callee)] : [];
  return made.flatMap((each) => {
    const body = each === undefined ? undefined : bodyOf(ts.isVariableDeclaration(each) ? each.initializer : each);
    if (body === undefined) return [];
    return ts.isBlock(body) ? returnsOf(given, body.statements).found : [body];
  });
}

/** Where a name comes from: the block around it, its file, or the file that it is imported from. */
function declarationOf(given: Given, name: ts.Identifier): ts.FunctionDeclaration | ts.VariableDeclaration | undefined {
  for (let around: ts.Node = name; around !== undefined; around = around.parent) {
    if (ts.isFunctionLike(around) && around.parameters.some((parameter) => parameter.name.getText().match(`\\b${name.text}\\b`))) return undefined;
    if (!ts.isBlock(around) && !ts.isSourceFile(around) && !ts.isCaseOrDefaultClause(around)) continue;
    const found = declaredIn(around.statements, name.text);
    if (found !== undefined) return found;
    if (ts.isSourceFile(around)) return importedInto(given, around, name.text);
  }
  return undefined;
}

function importedInto(given: Given, file: ts.SourceFile, name: string): ts.FunctionDeclaration | ts.VariableDeclaration | undefined {
  for (const { importClause, moduleSpecifier } of file.statements.filter(ts.isImportDeclaration)) {
    const named = importClause?.namedBindings;
    const imported = named !== undefined && ts.isNamedImports(named) ? named.elements.find((each) => each.name.text === name) : undefined;
    if (imported === undefined || !ts.isStringLiteral(moduleSpecifier)) continue;
    const from = given.sources.get(normalize(join(dirname(file.fileName), moduleSpecifier.text)).replace(/\.js$/, '.ts'));
    return from === undefined ? undefined : declaredIn(from.statements, (imported.propertyName ?? imported.name).text);
  }
  return undefined;
}

/** What statements can return, given the facts, and whether nothing after them is reached. */
function returnsOf(given: Given, statements: readonly ts.Statement[]): { readonly found: readonly ts.Expression[]; readonly ends: boolean } {
  const found: ts.Expression[] = [];
  for (const statement of statements) {
    if (ts.isReturnStatement(statement)) return { found: statement.expression === undefined ? found : [...found, statement.expression], ends: true };
    if (ts.isThrowStatement(statement)) return { found, ends: true };
    const ways = branchesOf(given, statement).map((branch) => returnsOf(given, branch));
    found.push(...ways.flatMap((way) => way.found));
    if (ways.length > 0 && ways.every(({ ends }) => ends)) return { found, ends: true };
  }
  return { found, ends: false };
}

/** The statements that one of which is gone through: an empty one stands for going past. */
function branchesOf(given: Given, statement: ts.Statement): readonly (readonly ts.Statement[])[] {
  if (ts.isBlock(statement)) return [statement.statements];
  if (ts.isIfStatement(statement)) {
    const holds = decide(given, statement.expression);
    return [...(holds === false ? [] : [[statement.thenStatement]]), ...(holds === true ? [] : [statement.elseStatement === undefined ? [] : [statement.elseStatement]])];
  }
  return ts.isSwitchStatement(statement) ? casesOf(given, statement) : [];
}

function casesOf(given: Given, { expression, caseBlock: { clauses } }: ts.SwitchStatement): readonly (readonly ts.Statement[])[] {
  const known = valuesKnown(given, expression);
  const cases = clauses.map((clause, index) => ({ value: ts.isCaseClause(clause) && ts.isStringLiteral(clause.expression) ? clause.expression.text : undefined, statements: clauses.slice(index).find((each) => each.statements.length > 0)?.statements ?? [] }));
  if (known === undefined) return cases.map(({ statements }) => statements);
  return known.map((value) => (cases.find((each) => each.value === value) ?? cases.find((each) => each.value === undefined))?.statements ?? []);
}
/** What names are together where the block around `node` takes a tuple apart, `[how, remedy] = …`: once for each tuple that there can be. */
export function waysTogether(node: ts.Node): readonly Given['bound'][] {
  let around: ts.Node = node;
  while (!ts.isSourceFile(around) && !ts.isBlock(around)) around = around.parent;
  const declared = ts.isBlock(around) ? around.statements.filter(ts.isVariableStatement).flatMap(({ declarationList }) => declarationList.declarations) : [];
  const ways = declared.flatMap(({ name, initializer }) =>
    ts.isArrayBindingPattern(name) && initializer !== undefined ? tuplesOf(initializer).map((tuple) => new Map(name.elements.map((each, index) => [each.getText(), tuple[index]!]))) : [],
  );
  return ways.length === 0 ? [new Map()] : ways;
}

function tuplesOf(node: ts.Expression): readonly (readonly ts.Expression[])[] {
  if (ts.isArrayLiteralExpression(node)) return [node.elements];
  return ts.isConditionalExpression(node) ? [...tuplesOf(node.whenTrue), ...tuplesOf(node.whenFalse)] : [];
}

/** `reason` of `reason`, `verdict.reason` and `verdict.reason ?? 'start'`. */
export function lastName(node: ts.Expression): string | undefined {
  if (ts.isIdentifier(node)) return node.text;
  if (ts.isPropertyAccessExpression(node)) return node.name.text;
  return ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken ? lastName(node.left) : undefined;
}

function nameOf(name: ts.PropertyName): string {
  return ts.isStringLiteral(name) ? name.text : name.getText();
}

function declaredIn(statements: readonly ts.Statement[], name: string): ts.FunctionDeclaration | ts.VariableDeclaration | undefined {
  for (const statement of statements) {
    if (ts.isFunctionDeclaration(statement) && statement.name?.text === name) return statement;
    const variable = ts.isVariableStatement(statement) ? statement.declarationList.declarations.find((each) => each.name.getText() === name) : undefined;
    if (variable !== undefined) return variable;
  }
  return undefined;
}

function bodyOf(node: ts.Node | undefined): ts.ConciseBody | undefined {
  return node !== undefined && (ts.isFunctionDeclaration(node) || ts.isArrowFunction(node)) ? node.body : undefined;
}

function certain(holds: readonly boolean[] | undefined): boolean | undefined {
  return holds !== undefined && holds.every((each) => each === holds[0]) ? holds[0] : undefined;
}

function negated(holds: boolean | undefined): boolean | undefined {
  return holds === undefined ? undefined : !holds;
}

function both(one: boolean | undefined, other: boolean | undefined): boolean | undefined {
  if (one === false || other === false) return false;
  return one === undefined || other === undefined ? undefined : true;
}
