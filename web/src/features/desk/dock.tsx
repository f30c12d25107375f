/** What follows the person over every page: the incoming card and the bar of the call. The desk shows both itself. */
import { useRouterState } from '@tanstack/react-router';
import { paths } from '../../paths';
import { IncomingCard } from './incoming';
import { PhoneDock } from './phone-dock';

export default function Dock() {
  const onDesk = useRouterState({ select: (router) => router.location.pathname === paths.desk });
  if (onDesk) return null;
  return (
    <>
      <IncomingCard />
      <PhoneDock />
    </>
  );
}
