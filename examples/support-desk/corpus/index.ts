import { loginProblem, passwordReset } from './access.ts';
import { discountCode, invoiceCopy } from './billing.ts';
import { changeAddress, deliveryLate } from './delivery.ts';
import { technicalFault, warranty } from './faults.ts';
import { damagedItem, wrongItem } from './items.ts';
import { cancelOrder, changeOrder } from './orders.ts';
import { cardDeclined, chargedTwice } from './payment.ts';
import { appointment, upgradePlan } from './plans.ts';
import { refundRequest, refundStatus } from './refunds.ts';
import { complaintAgent, other } from './service.ts';
import { availability, deleteAccount } from './shop.ts';
import { cancelSubscription, pauseSubscription } from './subscriptions.ts';
import type { Intent } from './types.ts';

export { frames, phrases, troubled } from './frames.ts';
export type { Intent } from './types.ts';

/** All intents, neighbours that are easily confused side by side. */
export const intents: readonly Intent[] = [
  refundStatus,
  refundRequest,
  changeOrder,
  cancelOrder,
  deliveryLate,
  changeAddress,
  cardDeclined,
  chargedTwice,
  loginProblem,
  passwordReset,
  damagedItem,
  wrongItem,
  warranty,
  technicalFault,
  invoiceCopy,
  discountCode,
  cancelSubscription,
  pauseSubscription,
  upgradePlan,
  appointment,
  complaintAgent,
  availability,
  deleteAccount,
  other,
];
