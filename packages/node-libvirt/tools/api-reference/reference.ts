/**
 * What a TypeScript module exports, as Markdown: classes with their methods, types with their fields,
 * functions and constants, each with its docstring.
 */
import ts from 'typescript';

const order = ['Functions', 'Classes', 'Types', 'Constants'] as const;
type Section = (typeof order)[number];

interface Entry {
  readonly name: string;
  readonly text: string;
}

export function reference(entryFile: string): string {
  const program = ts.createProgram([entryFile], {
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    lib: ['lib.esnext.d.ts'],
    types: ['node'],
    strict: true,
    allowImportingTsExtensions: true,
    noEmit: true,
    skipLibCheck: true,
  });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(entryFile);
  const module = source === undefined ? undefined : checker.getSymbolAtLocation(source);
  if (module === undefined) throw new Error(`${entryFile} exports nothing`);
  const sections = new Map<Section, Entry[]>(order.map((section) => [section, []]));
  for (const exported of checker.getExportsOfModule(module)) {
    const symbol =
      exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
    const described = describe(checker, exported.name, symbol);
    if (described === undefined) continue;
    sections.get(described.section)?.push({ name: exported.name, text: described.text });
  }
  const parts = order.map((section) => {
    const entries = (sections.get(section) ?? []).toSorted((a, b) => (a.name < b.name ? -1 : 1));
    return `## ${section}\n\n${entries.map((entry) => entry.text).join('\n')}`;
  });
  return `# API of node-libvirt\n\nMade from the docstrings: \`npm run -s api-reference\`.\n\n${parts.join('\n')}`;
}

function describe(
  checker: ts.TypeChecker,
  name: string,
  symbol: ts.Symbol,
): { readonly section: Section; readonly text: string } | undefined {
  const declaration = symbol.declarations?.[0];
  if (declaration === undefined) return undefined;
  const doc = docOf(checker, symbol);
  const head = `### ${name}\n\n${doc === '' ? '' : `${doc}\n\n`}`;
  if (ts.isClassDeclaration(declaration)) {
    return { section: 'Classes', text: head + membersOf(checker, declaration.members) };
  }
  if (ts.isInterfaceDeclaration(declaration)) {
    return { section: 'Types', text: head + membersOf(checker, declaration.members) };
  }
  if (ts.isTypeAliasDeclaration(declaration)) {
    return { section: 'Types', text: `${head}${code(oneLine(declaration.type.getText()))}\n` };
  }
  if (ts.isFunctionDeclaration(declaration)) {
    return { section: 'Functions', text: `${head}${code(signatureOf(name, declaration))}\n` };
  }
  if (!ts.isVariableDeclaration(declaration)) return undefined;
  const type = checker.getTypeOfSymbolAtLocation(symbol, declaration);
  if (type.getCallSignatures().length > 0) {
    const text = `${head}${code(`${name}: ${checker.typeToString(type)}`)}\n`;
    return { section: 'Functions', text };
  }
  const values = type.getProperties().map((property) => {
    const value = checker.getTypeOfSymbolAtLocation(property, declaration);
    return `\`${property.name}\` ${checker.typeToString(value)}`;
  });
  return { section: 'Constants', text: `${head}${values.join(', ')}\n` };
}

/** Those that others may use, one line each. */
function membersOf(
  checker: ts.TypeChecker,
  members: ts.NodeArray<ts.ClassElement | ts.TypeElement>,
) {
  const lines = [...members].flatMap((member) => {
    const { name } = member;
    if (ts.isConstructorDeclaration(member)) {
      const isPrivate = member.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword);
      return isPrivate ? [] : [`* \`new (${parametersOf(member)})\``];
    }
    if (name === undefined || ts.isPrivateIdentifier(name)) return [];
    const symbol = checker.getSymbolAtLocation(name);
    const doc = symbol === undefined ? '' : docOf(checker, symbol);
    const said = doc === '' ? '' : `: ${doc.replaceAll('\n', ' ')}`;
    return [`* \`${memberText(member, name.getText())}\`${said}`];
  });
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

function memberText(member: ts.ClassElement | ts.TypeElement, name: string): string {
  if (ts.isMethodDeclaration(member) || ts.isMethodSignature(member)) {
    return signatureOf(name, member);
  }
  if (ts.isGetAccessorDeclaration(member)) return `${name}: ${typeText(member.type)}`;
  if (ts.isPropertyDeclaration(member) || ts.isPropertySignature(member)) {
    return `${name}${member.questionToken === undefined ? '' : '?'}: ${typeText(member.type)}`;
  }
  return name;
}

function signatureOf(name: string, node: ts.SignatureDeclaration): string {
  return `${name}(${parametersOf(node)}): ${typeText(node.type)}`;
}

function parametersOf(node: ts.SignatureDeclaration): string {
  return node.parameters
    .map((parameter) => {
      const isPattern = !ts.isIdentifier(parameter.name);
      const own = isPattern ? 'options' : parameter.name.getText();
      const optional = parameter.questionToken ?? parameter.initializer;
      const rest = parameter.dotDotDotToken === undefined ? '' : '...';
      return `${rest}${own}${optional === undefined ? '' : '?'}: ${typeText(parameter.type)}`;
    })
    .join(', ');
}

const typeText = (type: ts.TypeNode | undefined) =>
  type === undefined ? '…' : oneLine(type.getText());
const oneLine = (text: string) => text.replace(/\s+/g, ' ');
const code = (text: string) => `\`${text}\``;

function docOf(checker: ts.TypeChecker, symbol: ts.Symbol): string {
  return ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim();
}
