/** How the call sounds, in words first; the curve shows the last two minutes. */
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Line, PhoneCall } from '../../softphone/machine';
import { causeOf, verdictOf } from '../../softphone/quality';
import { cx } from '../../ui/cx';

const KEPT = 60;

export function QualityStrip({ call, line }: { call: PhoneCall; line: Line }) {
  const { t } = useTranslation('desk');
  const scores = useScores(call);
  if (call.stage !== 'talking') return null;
  const verdict = verdictOf(call.quality);
  const cause = causeOf(call.quality);
  const percent = Math.round(
    (cause === 'uplink_loss' ? (call.quality?.lossOut ?? 0) : (call.quality?.lossIn ?? 0)) * 100,
  );
  const lost = line !== 'ready';
  return (
    <div
      className="mt-4 flex min-h-9 flex-wrap items-center gap-x-4 gap-y-1 rounded-md bg-panel-2 px-3 py-2 text-13"
      role="status"
    >
      <span className="font-medium">{lost ? t('line.reconnecting_talk') : t(`quality.${verdict}`)}</span>
      {!lost && cause && (
        <span className={cx(verdict === 'poor' ? 'text-bad' : 'text-warn')}>
          {t(`quality_cause.${cause}`, { percent })}
        </span>
      )}
      <span className="num ml-auto flex items-center gap-3 text-ink-2">
        <Curve scores={scores} label={t('quality_curve')} />
        {call.quality?.mos != null && <span title={t('mos')}>{t('mos_n', { mos: call.quality.mos.toFixed(1) })}</span>}
        {call.quality?.rttMs != null && (
          <span title={t('round_trip')}>{t('ms', { ms: Math.round(call.quality.rttMs) })}</span>
        )}
        {call.quality?.codec && <span>{call.quality.codec}</span>}
      </span>
    </div>
  );
}

function useScores(call: PhoneCall): number[] {
  const [scores, setScores] = useState<number[]>([]);
  const seen = useRef(call.quality);
  // Samples arrive as state; the curve needs the ones before too.
  useEffect(() => {
    const mos = call.quality?.mos;
    if (call.quality === seen.current || mos == null) return;
    seen.current = call.quality;
    setScores((before) => [...before, mos].slice(-KEPT));
  }, [call.quality]);
  return scores;
}

function Curve({ scores, label }: { scores: number[]; label: string }) {
  if (scores.length < 2) return null;
  const points = scores.map((score, at) => `${(at / (KEPT - 1)) * 96},${20 - ((score - 1) / 3.5) * 18}`).join(' ');
  return (
    <svg role="img" aria-label={label} viewBox="0 0 96 22" className="h-5 w-24 text-ink-2">
      <path d={`M0 ${20 - (2.1 / 3.5) * 18} H96`} stroke="var(--line-strong)" strokeDasharray="2 3" />
      <polyline points={points} fill="none" stroke="currentColor" strokeWidth="1.5" />
    </svg>
  );
}
