/** Short names for the shapes of the API document. */
import type { components } from './gen/schema';

export type Schemas = components['schemas'];

export type Me = Schemas['Me'];
export type Session = Schemas['Session'];
export type OperatorMe = Schemas['OperatorMe'];
export type OperatorSession = Schemas['OperatorSession'];
export type Role = Schemas['Role'];
export type Money = Schemas['Money'];
export type NumberRow = Schemas['Number'];
export type ShopNumber = Schemas['ShopNumber'];
export type Seat = Schemas['Seat'];
export type Device = Schemas['Device'];
export type DeviceCredentials = Schemas['DeviceCredentials'];
export type AuditEntry = Schemas['AuditEntry'];
export type ApiKey = Schemas['ApiKey'];
export type ApiKeyShown = Schemas['ApiKeyShown'];
export type Member = Schemas['Member'];
export type Invitation = Schemas['Invitation'];
export type Gateway = Schemas['Gateway'];
export type GatewayPort = Schemas['GatewayPort'];
export type GatewayProfile = Schemas['GatewayProfile'];
export type GatewayAccount = Schemas['GatewayAccount'];
export type GatewayPortRented = Schemas['GatewayPortRented'];
export type ShopGatewayPort = Schemas['ShopGatewayPort'];
export type OperatorNumber = Schemas['OperatorNumber'];
export type TestVerdict = Schemas['TestVerdict'];
export type OnboardingStep = Schemas['OnboardingStep'];
export type Onboarding = Schemas['Onboarding'];
export type LiveCall = Schemas['LiveCall'];
export type EventEntry = Schemas['EventEntry'];
export type Status = Schemas['Status'];
export type Light = Schemas['Light'];
