/** ln Γ(x) for x > 0. Relative error below 1e-13. Source: Lanczos approximation, g = 7, n = 9 (Godfrey). */
export const logGamma = (x: number): number => {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const shifted = x - 1;
  let sum = 0.99999999999980993;
  for (const [index, coefficient] of lanczos.entries()) sum += coefficient / (shifted + index + 1);
  const t = shifted + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (shifted + 0.5) * Math.log(t) - t + Math.log(sum);
};
const lanczos = [
  676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905,
  -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/** ln of the binomial coefficient n over k. */
export const logChoose = (n: number, k: number): number => logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);

/** Regularized incomplete beta function I_x(a, b). Source: continued fraction by Lentz's method (DLMF 8.17.22). */
export const incompleteBeta = (x: number, a: number, b: number): number => {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
  return x < (a + 1) / (a + b + 2) ? (front * betaFraction(x, a, b)) / a : 1 - (front * betaFraction(1 - x, b, a)) / b;
};
const tiny = 1e-300;
const betaFraction = (x: number, a: number, b: number): number => {
  let c = 1;
  let d = 1 - ((a + b) * x) / (a + 1);
  d = 1 / (Math.abs(d) < tiny ? tiny : d);
  let result = d;
  const limit = 200 + 10 * Math.ceil(Math.sqrt(Math.max(a, b)));
  for (let m = 1; m <= limit; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 + even * d;
    c = 1 + even / c;
    d = 1 / (Math.abs(d) < tiny ? tiny : d);
    c = Math.abs(c) < tiny ? tiny : c;
    result *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 + odd * d;
    c = 1 + odd / c;
    d = 1 / (Math.abs(d) < tiny ? tiny : d);
    c = Math.abs(c) < tiny ? tiny : c;
    const step = d * c;
    result *= step;
    if (Math.abs(step - 1) < 1e-15) break;
  }
  return result;
};

/** P(X ≤ k) for X ~ Binomial(n, p). */
export const binomialCdf = (k: number, n: number, p: number): number => {
  if (k < 0) return 0;
  if (k >= n) return 1;
  return incompleteBeta(1 - p, n - k, k + 1);
};

/** Standard normal distribution function. Absolute error below 1e-15, relative in the lower tail.
 *  Source: Abramowitz & Stegun 26.2.11 (series) and 26.2.14 (continued fraction). */
export const normalCdf = (z: number): number => {
  const x = Math.abs(z);
  if (x > 38) return z > 0 ? 1 : 0;
  let tail: number;
  if (x < 3) {
    // Series of the density integral: Φ(x) − 1/2 = φ(x) · Σ x^(2k+1) / (1·3·…·(2k+1)).
    let term = x;
    let sum = x;
    for (let k = 1; k < 200 && Math.abs(term) > 1e-18 * sum; k++) {
      term *= (x * x) / (2 * k + 1);
      sum += term;
    }
    tail = 0.5 - (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
  } else {
    // Continued fraction of Mills' ratio.
    let fraction = x;
    for (let k = 120; k >= 1; k--) fraction = x + k / fraction;
    tail = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI) / fraction;
  }
  return z > 0 ? 1 - tail : tail;
};

/** Standard normal quantile for 0 < p < 1. Source: Abramowitz & Stegun 26.2.23 as a start, then Newton's method. */
export const normalQuantile = (p: number): number => {
  if (!(p > 0 && p < 1)) throw new Error(`normalQuantile(${p}): expected a probability between 0 and 1`);
  if (p > 0.5) return -normalQuantile(1 - p);
  const t = Math.sqrt(-2 * Math.log(p));
  let z = -(
    t -
    (2.515517 + 0.802853 * t + 0.010328 * t * t) / (1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t ** 3)
  );
  for (let i = 0; i < 4; i++) {
    const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
    if (density === 0) break;
    z -= (normalCdf(z) - p) / density;
  }
  return z;
};

/** Regularized lower incomplete gamma function P(a, x). Source: series for x < a + 1 (DLMF 8.11.4), continued fraction by Lentz's method otherwise (DLMF 8.9.2). */
export const incompleteGamma = (a: number, x: number): number => {
  if (x <= 0) return 0;
  const front = Math.exp(a * Math.log(x) - x - logGamma(a));
  const limit = 200 + 20 * Math.ceil(Math.sqrt(a));
  if (x < a + 1) {
    let term = 1 / a;
    let sum = term;
    for (let k = 1; k <= limit && term > 1e-17 * sum; k++) {
      term *= x / (a + k);
      sum += term;
    }
    return front * sum;
  }
  let b = x + 1 - a;
  let c = 1 / tiny;
  let d = 1 / b;
  let result = d;
  for (let k = 1; k <= limit; k++) {
    const numerator = -k * (k - a);
    b += 2;
    d = numerator * d + b;
    d = 1 / (Math.abs(d) < tiny ? tiny : d);
    c = b + numerator / c;
    c = Math.abs(c) < tiny ? tiny : c;
    result *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return 1 - front * result;
};

/** P(X ≤ x) for a χ² variable. */
export const chiSquaredCdf = (x: number, degreesOfFreedom: number): number =>
  incompleteGamma(degreesOfFreedom / 2, x / 2);

/** P(T ≤ t) for Student's t; degrees of freedom need not be whole. */
export const studentCdf = (t: number, degreesOfFreedom: number): number => {
  if (Number.isNaN(t)) return Number.NaN;
  if (!Number.isFinite(t)) return t > 0 ? 1 : 0;
  const tail = incompleteBeta(degreesOfFreedom / (degreesOfFreedom + t * t), degreesOfFreedom / 2, 0.5) / 2;
  return t > 0 ? 1 - tail : tail;
};

/** Student's t quantile for 0 < p < 1, by bisection. */
export const studentQuantile = (p: number, degreesOfFreedom: number): number => {
  if (!(p > 0 && p < 1)) throw new Error(`studentQuantile(${p}): expected a probability between 0 and 1`);
  if (p === 0.5) return 0;
  if (p > 0.5) return -studentQuantile(1 - p, degreesOfFreedom);
  let high = 0;
  let low = -1;
  while (studentCdf(low, degreesOfFreedom) > p) low *= 2;
  for (let i = 0; i < 200 && high - low > 1e-15 * -low; i++) {
    const middle = (low + high) / 2;
    if (studentCdf(middle, degreesOfFreedom) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
};
