export function GatewayPortsPage() {
  return null;
}
