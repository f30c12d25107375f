export function PendingLinksPage() {
  return null;
}
