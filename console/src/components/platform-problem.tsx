import { useTranslation } from 'react-i18next';
import { textOr } from '~/i18n/index';

/** WeCom's refusals arrive as "remedy errcode message"; the first word has a sentence that says what to do. */
function splitProblem(problem: string): { readonly remedy: string; readonly technical: string } {
  const [word = '', ...rest] = problem.split(' ');
  const remedy = textOr(`remedy.${word}`, '');
  return remedy === '' ? { remedy: '', technical: problem } : { remedy, technical: rest.join(' ') };
}

/** The same in one line, for hints. */
export function useProblemText(): (problem: string) => string {
  useTranslation();
  return (problem) => {
    const { remedy, technical } = splitProblem(problem);
    return [remedy, technical].filter((part) => part !== '').join(' · ');
  };
}

export function PlatformProblem({ problem }: { problem: string }) {
  useTranslation();
  const { remedy, technical } = splitProblem(problem);
  return (
    <span className="platform-problem">
      {remedy !== '' && <span>{remedy}</span>}
      {technical !== '' && <span className="mono small muted">{technical}</span>}
    </span>
  );
}
