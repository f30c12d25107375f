export function OperatorSettingsPage() {
  return null;
}
