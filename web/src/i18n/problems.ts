/** A problem in the reader's language: by its code, else the server's English, else a general sentence. */
import { useTranslation } from 'react-i18next';
import { asProblem, type Problem } from '../api/problem';

export function useProblemText(): (thrown: unknown) => string {
  const { t, i18n } = useTranslation('problems');
  return (thrown) => {
    const problem = asProblem(thrown);
    if (problem.code === 'validation' && problem.fields.length > 0)
      return problem.fields
        .map(({ code, text }) => (i18n.exists(`fields.${code}`, { ns: 'problems' }) ? t(`fields.${code}`) : text))
        .join(' · ');
    if (i18n.exists(problem.code, { ns: 'problems' })) return t(problem.code);
    return problem.detail || t('unexpected');
  };
}

/** Field errors of a refused form: field name to words. */
export function useFieldErrors(): (thrown: unknown) => Record<string, string> {
  const { t, i18n } = useTranslation('problems');
  return (thrown) => {
    const problem: Problem = asProblem(thrown);
    const found: Record<string, string> = {};
    for (const { field, code, text } of problem.fields) {
      found[field] = i18n.exists(`fields.${code}`, { ns: 'problems' }) ? t(`fields.${code}`) : text;
    }
    return found;
  };
}
