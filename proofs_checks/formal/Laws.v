(* Laws on finitely many responses, divergences, and the objective that is regularised by one.

   Masses may be zero. Every real number has a logarithm and a reciprocal here, so what is written where a
   mass is zero must be said:
   - a response of mass zero under the first law adds [0 * ln (0 / q) = 0] to a divergence, whatever [q] is:
     this is the convention 0 log 0 = 0 ([divergence_term_zero]);
   - a divergence is finite if and only if the second law has mass wherever the first one has ([dominated]).
     Only then is [kl] that number. *)

From Coq Require Import Reals Lra List.
From ExploreTheory Require Import Sums.
Import ListNotations.
Open Scope R_scope.

(* --- definitions ------------------------------------------------------------------------------------- *)

Section Definitions.
Context {A : Type}.
Implicit Types (Y : list A) (p q base r f : A -> R).

Definition nonnegative Y p : Prop := forall y, In y Y -> 0 <= p y.
Definition is_law Y p : Prop := nonnegative Y p /\ sum Y p = 1.

(* [q] has mass wherever [p] has: the divergence of [p] from [q] is finite. *)
Definition dominated Y p q : Prop := forall y, In y Y -> q y = 0 -> p y = 0.

Definition mean Y p f : R := sum Y (fun y => p y * f y).
Definition kl Y p q : R := sum Y (fun y => p y * ln (p y / q y)).

(* What a policy [p] is worth: expected reward less the divergence from the base policy, at temperature
   [beta]. It is minus infinity unless [dominated Y p base]. *)
Definition objective Y base r (beta : R) p : R := mean Y p r - beta * kl Y p base.

(* E_base exp(r/beta), its soft value, and the policy that it normalises. *)
Definition partition Y base r (beta : R) : R := mean Y base (fun y => exp (r y / beta)).
Definition soft_value Y base r (beta : R) : R := beta * ln (partition Y base r beta).
Definition optimal Y base r (beta : R) (y : A) : R := base y * exp (r y / beta) / partition Y base r beta.

End Definitions.

(* --- logarithms -------------------------------------------------------------------------------------- *)

Lemma ln_at_most x : 0 < x -> ln x <= x - 1.
Proof. intros positive. pose proof (exp_ineq1_le (ln x)) as bound. rewrite exp_ln in bound; lra. Qed.

Lemma ln_below x : 0 < x -> x <> 1 -> ln x < x - 1.
Proof.
  intros positive other.
  assert (ln x <> 0) by (intros zero; apply other; rewrite <- (exp_ln x), zero, exp_0; auto).
  pose proof (exp_ineq1 (ln x) H) as bound. rewrite exp_ln in bound; lra.
Qed.

Lemma ln_quotient x y : 0 < x -> 0 < y -> ln (x / y) = ln x - ln y.
Proof. intros; unfold Rdiv; rewrite ln_mult, ln_Rinv; [ring|auto|auto|apply Rinv_0_lt_compat; auto]. Qed.

(* The convention 0 log 0 = 0. *)
Lemma divergence_term_zero q : 0 * ln (0 / q) = 0.
Proof. ring. Qed.

(* The term of a divergence is at least the difference of masses, with equality for equal masses only. *)
Lemma divergence_term p q : 0 <= p -> 0 <= q -> (q = 0 -> p = 0) -> p - q <= p * ln (p / q).
Proof.
  intros hp hq inside.
  destruct hp as [hp|<-]; [|lra].
  assert (0 < q) by (destruct hq as [|<-]; [assumption|exfalso; specialize (inside eq_refl); lra]).
  rewrite ln_quotient by assumption.
  assert (bound : ln (q / p) <= q / p - 1) by (apply ln_at_most, Rdiv_lt_0_compat; assumption).
  rewrite ln_quotient in bound by assumption.
  apply (Rmult_le_compat_l p) in bound; [|lra].
  replace (p * (q / p - 1)) with (q - p) in bound by (field; lra). lra.
Qed.

Lemma divergence_term_strict p q :
  0 <= p -> 0 <= q -> (q = 0 -> p = 0) -> p <> q -> p - q < p * ln (p / q).
Proof.
  intros hp hq inside other.
  destruct hp as [hp|<-]; [|lra].
  assert (0 < q) by (destruct hq as [|<-]; [assumption|exfalso; specialize (inside eq_refl); lra]).
  rewrite ln_quotient by assumption.
  assert (bound : ln (q / p) < q / p - 1).
  { apply ln_below; [apply Rdiv_lt_0_compat; assumption|].
    intros one; apply other. apply (Rmult_eq_compat_r p) in one. field_simplify in one; lra. }
  rewrite ln_quotient in bound by assumption.
  apply (Rmult_lt_compat_l p) in bound; [|lra].
  replace (p * (q / p - 1)) with (q - p) in bound by (field; lra). lra.
Qed.

(* --- divergences ------------------------------------------------------------------------------------- *)

Section Divergences.
Context {A : Type}.
Implicit Types (Y : list A) (p q base r : A -> R).

(* Gibbs' inequality, for measures: a divergence is at least the difference of the masses. *)
Lemma kl_at_least Y p q :
  nonnegative Y p -> nonnegative Y q -> dominated Y p q -> sum Y p - sum Y q <= kl Y p q.
Proof.
  intros hp hq inside; unfold kl; rewrite <- sum_minus; apply sum_le; intros y there.
  apply divergence_term; auto.
Qed.

Lemma kl_nonneg Y p q : is_law Y p -> is_law Y q -> dominated Y p q -> 0 <= kl Y p q.
Proof.
  intros [hp p1] [hq q1] inside. pose proof (kl_at_least Y p q hp hq inside). lra.
Qed.

Lemma kl_zero_only_equal Y p q :
  is_law Y p -> is_law Y q -> dominated Y p q -> kl Y p q = 0 -> forall y, In y Y -> p y = q y.
Proof.
  intros [hp p1] [hq q1] inside zero y there.
  assert (each : p y * ln (p y / q y) - (p y - q y) = 0).
  { apply (sum_zero_each Y (fun y => p y * ln (p y / q y) - (p y - q y))); [|unfold kl in zero|exact there].
    - intros z iz. pose proof (divergence_term (p z) (q z) (hp z iz) (hq z iz) (inside z iz)). lra.
    - rewrite !sum_minus, zero, p1, q1; ring. }
  destruct (Req_dec (p y) (q y)) as [|other]; [assumption|exfalso].
  pose proof (divergence_term_strict (p y) (q y) (hp y there) (hq y there) (inside y there) other). lra.
Qed.

Lemma kl_self Y p : nonnegative Y p -> kl Y p p = 0.
Proof.
  intros hp; unfold kl; rewrite <- (sum_zero Y); apply sum_ext; intros y there.
  destruct (hp y there) as [positive|<-]; [|ring].
  unfold Rdiv; rewrite Rinv_r, ln_1 by lra; ring.
Qed.

(* The log-sum inequality: grouping responses does not raise a divergence. *)
Lemma log_sum Y p q : nonnegative Y p -> nonnegative Y q -> dominated Y p q ->
  sum Y p * ln (sum Y p / sum Y q) <= kl Y p q.
Proof.
  intros hp hq inside.
  destruct (sum_nonneg Y p hp) as [P|zero].
  - destruct (sum_pos_inv Y p P) as [y [there here]].
    assert (Q : 0 < sum Y q).
    { apply (sum_pos Y q y hq there).
      destruct (hq y there) as [|none]; [assumption|]. specialize (inside y there (eq_sym none)); lra. }
    set (c := sum Y p / sum Y q).
    assert (positive : 0 < c) by (apply Rdiv_lt_0_compat; assumption).
    (* Gibbs' inequality against [q] with the mass of [p]. *)
    assert (gibbs : sum Y p - sum Y (fun y => c * q y) <= kl Y p (fun y => c * q y)).
    { apply kl_at_least; [exact hp| |].
      - intros z iz; apply Rmult_le_pos; [lra|auto].
      - intros z iz zero; apply inside; [exact iz|]. apply Rmult_integral in zero as [zero|zero]; lra. }
    rewrite sum_scale in gibbs.
    replace (c * sum Y q) with (sum Y p) in gibbs by (unfold c; field; lra).
    replace (kl Y p (fun y => c * q y)) with (kl Y p q - sum Y p * ln c) in gibbs; [lra|].
    unfold kl; rewrite <- sum_scale_right, <- sum_minus; apply sum_ext; intros z iz.
    destruct (hp z iz) as [pz|<-]; [|ring].
    assert (0 < q z) by (destruct (hq z iz) as [|none]; [assumption|specialize (inside z iz (eq_sym none)); lra]).
    assert (0 < c * q z) by (apply Rmult_lt_0_compat; assumption).
    rewrite !ln_quotient, ln_mult by assumption; ring.
  - rewrite <- zero, Rmult_0_l. apply Req_le. symmetry. unfold kl. rewrite <- (sum_zero Y).
    apply sum_ext; intros y there. rewrite (sum_zero_each Y p hp (eq_sym zero) y there). ring.
Qed.

(* --- the optimal policy ------------------------------------------------------------------------------ *)

Lemma partition_pos Y base r beta : is_law Y base -> 0 < partition Y base r beta.
Proof.
  intros [hb one].
  destruct (sum_pos_inv Y base) as [y [there positive]]; [lra|].
  apply (sum_pos _ _ y); [|exact there|].
  - intros z iz; apply Rmult_le_pos; [auto|apply Rlt_le, exp_pos].
  - apply Rmult_lt_0_compat; [exact positive|apply exp_pos].
Qed.

Lemma optimal_law Y base r beta : is_law Y base -> is_law Y (optimal Y base r beta).
Proof.
  intros law. pose proof (partition_pos Y base r beta law) as positive.
  split.
  - intros y there; unfold optimal, Rdiv.
    apply Rmult_le_pos; [apply Rmult_le_pos|apply Rlt_le, Rinv_0_lt_compat, positive].
    + apply (proj1 law y there).
    + apply Rlt_le, exp_pos.
  - unfold optimal, Rdiv. rewrite sum_scale_right.
    change (partition Y base r beta * / partition Y base r beta = 1). apply Rinv_r; lra.
Qed.

(* The optimal policy has the support of the base policy. *)
Lemma optimal_zero Y base r beta y :
  is_law Y base -> (optimal Y base r beta y = 0 <-> base y = 0).
Proof.
  intros law. pose proof (partition_pos Y base r beta law) as positive.
  pose proof (exp_pos (r y / beta)). unfold optimal, Rdiv; split.
  - intros zero. apply Rmult_integral in zero as [zero|zero].
    + apply Rmult_integral in zero as [zero|zero]; [exact zero|unfold Rdiv in *; lra].
    + pose proof (Rinv_0_lt_compat _ positive); lra.
  - intros ->; ring.
Qed.

Lemma dominated_optimal Y base r beta p :
  is_law Y base -> (dominated Y p (optimal Y base r beta) <-> dominated Y p base).
Proof.
  intros law; split; intros inside y there zero; apply inside; try exact there;
    apply (optimal_zero Y base r beta y law); exact zero.
Qed.

(* What a policy lacks of the soft value is the divergence from the optimal policy, term by term. *)
Theorem objective_and_divergence Y base r beta p :
  0 < beta -> is_law Y base -> is_law Y p -> dominated Y p base ->
  objective Y base r beta p = soft_value Y base r beta - beta * kl Y p (optimal Y base r beta).
Proof.
  intros hbeta law [hp one] inside.
  pose proof (partition_pos Y base r beta law) as positive.
  assert (terms : beta * kl Y p (optimal Y base r beta)
                  = beta * kl Y p base - mean Y p r + soft_value Y base r beta * sum Y p).
  { unfold kl, mean. rewrite <- !sum_scale, <- sum_minus, <- sum_plus. apply sum_ext; intros y there.
    destruct (hp y there) as [here|<-]; [|ring].
    assert (0 < base y).
    { destruct (proj1 law y there) as [|zero]; [assumption|exfalso].
      specialize (inside y there (eq_sym zero)); lra. }
    unfold optimal, soft_value.
    assert (0 < base y * exp (r y / beta)) by (apply Rmult_lt_0_compat; [assumption|apply exp_pos]).
    rewrite !ln_quotient, ln_mult, ln_exp; try assumption; try apply exp_pos;
      [field; lra|apply Rdiv_lt_0_compat; assumption]. }
  unfold objective. rewrite one in terms. lra.
Qed.

Corollary objective_optimal Y base r beta :
  0 < beta -> is_law Y base -> objective Y base r beta (optimal Y base r beta) = soft_value Y base r beta.
Proof.
  intros hbeta law.
  rewrite objective_and_divergence; try assumption.
  - rewrite kl_self; [ring|apply optimal_law, law].
  - apply optimal_law, law.
  - apply (dominated_optimal Y base r beta); [exact law|]. intros y _ zero; exact zero.
Qed.

End Divergences.

(* --- numbers ----------------------------------------------------------------------------------------- *)

(* On lists and tables that are written out the definitions above reduce to arithmetic, exp and ln. *)
Ltac expand := cbv [kl mean objective partition soft_value optimal sum table table2 nth fst snd].

(* A statement about every element of a list that is written out, by linear arithmetic for each. *)
Ltac each_listed :=
  intros ?; cbv [In];
  repeat (let there := fresh in intros there; destruct there as [<-|there];
          [cbv [table table2 nth]; intros; lra|revert there]);
  intros [].

(* Its masses are positive and sum to one. *)
Ltac law_of_numbers := split; [each_listed|cbv [sum table table2 nth]; lra].
