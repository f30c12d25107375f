export function RackGatewayPage() {
  return null;
}
