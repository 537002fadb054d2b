import { type ComponentProps, type ReactNode, useEffect, useRef, useState } from 'react';

/** A table that is wider than its place scrolls, and then by the keyboard too. */
export function ScrollableTable(props: ComponentProps<'table'>): ReactNode {
  const table = useRef<HTMLTableElement>(null);
  const [scrolls, setScrolls] = useState(false);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setScrolls(entry!.target.scrollWidth > entry!.target.clientWidth));
    observer.observe(table.current!);
    return () => observer.disconnect();
  }, []);
  return <table ref={table} {...props} tabIndex={scrolls ? 0 : undefined} />;
}
