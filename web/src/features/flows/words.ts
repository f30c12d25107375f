/** Findings as sentences. */
import type { Words } from './kind';
import { exitName } from './kinds';
import { languageName } from './languages';
import type { FlowNode } from './model/graph';
import type { Finding } from './queries';

/** What is wrong, without the name of the step. */
export function sentence(finding: Finding, node: FlowNode | undefined, t: unknown): string {
  const words = t as Words;
  const exit = finding.field?.startsWith('exits/') ? finding.field.slice('exits/'.length) : null;
  const what =
    finding.code === 'missing_language' && finding.detail
      ? languageName(finding.detail, words('reader'))
      : (finding.detail ?? '');
  return words(`finding.${finding.code}`, {
    exit: exit && node ? exitName(node, exit, words) : (exit ?? ''),
    what,
    defaultValue: finding.code,
  });
}

/** The first word about a setting of a step. A language that is missing is marked at that language. */
export function fieldProblem(findings: readonly Finding[], node: string, field: string, t: unknown): string | null {
  const found = findings.find(
    (one) => one.node === node && (one.field ?? null) === field && one.code !== 'missing_language',
  );
  return found ? sentence(found, undefined, t) : null;
}

/** The same about the flow itself. */
export function wholeProblem(findings: readonly Finding[], field: string, t: unknown): string | null {
  const found = findings.find((one) => one.node == null && one.field === field);
  return found ? sentence(found, undefined, t) : null;
}
