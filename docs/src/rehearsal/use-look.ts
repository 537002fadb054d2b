import { useEffect, useState } from 'react';
import type { Look } from './look';
import type { Rehearsal } from './rehearsal';

const redrawnEveryMs = 100;

/** What is to be seen, ten times a second while something happens; null before there is a rehearsal. */
export function useLook(rehearsal: Rehearsal | null): Look | null {
  const [look, setLook] = useState<Look | null>(null);
  useEffect(() => {
    if (rehearsal === null) return setLook(null);
    let timer: number | undefined;
    const redraw = () => {
      timer = undefined;
      setLook(rehearsal.look());
    };
    redraw();
    const end = rehearsal.subscribe(() => void (timer ??= window.setTimeout(redraw, redrawnEveryMs)));
    return () => {
      end();
      window.clearTimeout(timer);
    };
  }, [rehearsal]);
  return look;
}
