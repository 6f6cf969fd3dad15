// Left and right carry a card from column to column; without this a key press would move it by 25 pixels.
import type { KeyboardCoordinateGetter } from '@dnd-kit/core';

const steps: Partial<Record<string, number>> = { ArrowRight: 1, ArrowLeft: -1 };
const insetPx = 8;

export const columnByColumn: KeyboardCoordinateGetter = (event, { currentCoordinates, context }) => {
  const step = steps[event.code];
  if (!step) return undefined;
  event.preventDefault();
  const columns = [...context.droppableRects.values()].sort((a, b) => a.left - b.left);
  const middle = currentCoordinates.x + (context.collisionRect?.width ?? 0) / 2;
  const at = columns.findIndex(({ left, right }) => left <= middle && middle < right);
  const next = columns[Math.min(columns.length - 1, Math.max(0, at + step))];
  return next ? { x: next.left + insetPx, y: Math.max(next.top + insetPx, currentCoordinates.y) } : undefined;
};
