(* The problem of a formula in disjunctive normal form: a prompt is a term, a response [star] (true) or [null].

   A term is a list of k literals, a variable and whether it is positive; parameters are written as
   theta' = k^(1/2) theta, of which +1 and -1 are assignments. *)

From Coq Require Import Reals Lra Lia List.
From ExploreTheory Require Import Sums Laws.
Import ListNotations.
Open Scope R_scope.

(* --- definitions ------------------------------------------------------------------------------------- *)

Definition term : Type := list (nat * bool).
Definition sign (positive : bool) : R := if positive then 1 else -1.
Definition well_formed (n k : nat) (t : term) : Prop :=
  length t = k /\ forall l, In l t -> (fst l < n)%nat.

(* phi(x, star) = k^(-1/2) sum_i s_i e_{v_i}, and phi(x, null) = 0. *)
Definition feature (k : nat) (t : term) (v : nat) : R :=
  sum t (fun l => if Nat.eqb (fst l) v then sign (snd l) / sqrt (INR k) else 0).
Definition inner (n k : nat) (theta' : nat -> R) (t : term) : R :=
  sum (seq 0 n) (fun v => theta' v / sqrt (INR k) * feature k t v).

(* How far theta' agrees with a term: k <theta, phi(x, star)>. *)
Definition agreement (theta' : nat -> R) (t : term) : R := sum t (fun l => sign (snd l) * theta' (fst l)).

Definition temperature (k : nat) (eta : R) : R := 1 / (4 * INR k * ln (1 / eta)).
Definition p0 (k : nat) (eta : R) : R := eta ^ (4 * k - 2).

Definition answers : list bool := [true; false].
Definition base (k : nat) (eta : R) (y : bool) : R := if y then p0 k eta else 1 - p0 k eta.
Definition score (s : R) (y : bool) : R := if y then s else 0.

(* pi_theta(star | x), proportional to pi_ref exp(<theta, phi>/beta). *)
Definition star (n k : nat) (eta : R) (theta' : nat -> R) (t : term) : R :=
  optimal answers (base k eta) (score (inner n k theta' t)) (temperature k eta) true.

(* Literals that an assignment violates. *)
Definition assignment (sigma : nat -> R) : Prop := forall v, sigma v = 1 \/ sigma v = -1.
Fixpoint violated (sigma : nat -> R) (t : term) : nat :=
  match t with
  | [] => 0
  | l :: rest => if Rlt_dec (sign (snd l) * sigma (fst l)) 0 then S (violated sigma rest) else violated sigma rest
  end.

Ltac expand_plantings :=
  cbv [star base score answers inner feature agreement temperature p0 sign INR seq pow length Nat.eqb Nat.mul
       Nat.add Nat.sub]; expand.

(* --- the inner product is the agreement over k ------------------------------------------------------- *)

Lemma sum_indicator n u c : (u < n)%nat -> sum (seq 0 n) (fun v => if Nat.eqb u v then c v else 0) = c u.
Proof.
  intros below.
  assert (general : forall first, (first <= u < first + n)%nat ->
            sum (seq first n) (fun v => if Nat.eqb u v then c v else 0) = c u).
  { clear below. induction n as [|n IH]; intros first range; [lia|]. simpl.
    destruct (Nat.eqb_spec u first) as [->|other].
    - rewrite (sum_ext _ _ (fun _ => 0)), sum_zero; [ring|].
      intros v there. apply in_seq in there. destruct (Nat.eqb_spec first v); [lia|reflexivity].
    - rewrite IH by lia. ring. }
  apply general. lia.
Qed.

Lemma inner_is n k theta' t : (0 < k)%nat -> well_formed n k t ->
  inner n k theta' t = agreement theta' t / INR k.
Proof.
  intros some [_ below]. assert (positive : 0 < INR k) by (apply lt_0_INR, some).
  unfold inner, feature, agreement.
  rewrite (sum_ext (seq 0 n) _ (fun v => sum t (fun l =>
    if Nat.eqb (fst l) v then theta' v / sqrt (INR k) * (sign (snd l) / sqrt (INR k)) else 0))).
  - rewrite sum_swap. unfold Rdiv at 3. rewrite <- sum_scale_right. apply sum_ext; intros l there.
    rewrite (sum_indicator n (fst l) (fun v => theta' v / sqrt (INR k) * (sign (snd l) / sqrt (INR k))))
      by (apply below, there).
    rewrite <- (sqrt_sqrt (INR k)) at 3 by lra. field. apply Rgt_not_eq, sqrt_lt_R0, positive.
  - intros v _. rewrite <- sum_scale. apply sum_ext; intros l _. destruct (Nat.eqb (fst l) v); ring.
Qed.

(* --- probabilities of star --------------------------------------------------------------------------- *)

Section Star.
Variables (n k : nat) (eta : R).
Hypothesis some : (0 < k)%nat.
Hypothesis small : 0 < eta < 1.

Lemma log_pos : 0 < ln (1 / eta).
Proof.
  rewrite <- ln_1. apply ln_increasing; [lra|]. apply (Rmult_lt_reg_r eta); [lra|].
  unfold Rdiv. rewrite Rmult_assoc, Rinv_l; lra.
Qed.

Lemma count_pos : 0 < INR k.
Proof. apply lt_0_INR, some. Qed.

Lemma temperature_pos : 0 < temperature k eta.
Proof.
  pose proof log_pos. pose proof count_pos. unfold temperature. apply Rdiv_lt_0_compat; [lra|].
  apply Rmult_lt_0_compat; lra.
Qed.

Lemma temperature_log : temperature k eta * ln (1 / eta) = 1 / (4 * INR k).
Proof. pose proof log_pos. pose proof count_pos. unfold temperature. field. lra. Qed.

Lemma pow_small m : (0 < m)%nat -> eta ^ m < 1.
Proof. intros H. apply pow_lt_1_compat; [lra|exact H]. Qed.

Lemma p0_range : 0 < p0 k eta <= eta ^ 2 /\ p0 k eta < 1.
Proof.
  unfold p0. repeat split.
  - apply pow_lt; lra.
  - replace (4 * k - 2)%nat with ((4 * k - 4) + 2)%nat by lia. rewrite pow_add.
    rewrite <- (Rmult_1_l (eta ^ 2)) at 2. apply Rmult_le_compat_r; [apply pow_le; lra|].
    rewrite <- (pow1 (4 * k - 4)). apply pow_incr; lra.
  - apply pow_small. lia.
Qed.

Lemma base_law : is_law answers (base k eta).
Proof.
  destruct p0_range as [[low _] high]. split.
  - intros y _. unfold base; destruct y; lra.
  - unfold base; simpl; ring.
Qed.

(* What star weighs: p0 exp(<theta, phi>/beta). *)
Definition weight (g : R) : R := p0 k eta * exp (4 * g * ln (1 / eta)).

Lemma star_is theta' t : well_formed n k t ->
  star n k eta theta' t
  = weight (agreement theta' t) / (weight (agreement theta' t) + 1 - p0 k eta).
Proof.
  intros well. pose proof log_pos. pose proof count_pos. destruct p0_range as [[low _] high].
  unfold star, optimal, partition, mean, answers, base, score, weight; simpl. rewrite inner_is by assumption.
  replace (agreement theta' t / INR k / temperature k eta) with (4 * agreement theta' t * ln (1 / eta))
    by (unfold temperature; field; lra).
  replace (0 / temperature k eta) with 0 by (unfold Rdiv; ring). rewrite exp_0.
  pose proof (exp_pos (4 * agreement theta' t * ln (1 / eta))).
  assert (0 < p0 k eta * exp (4 * agreement theta' t * ln (1 / eta))) by (apply Rmult_lt_0_compat; assumption).
  f_equal. ring.
Qed.

Lemma weight_pos g : 0 < weight g.
Proof. apply Rmult_lt_0_compat; [apply p0_range|apply exp_pos]. Qed.

Lemma weight_le g g' : g <= g' -> weight g <= weight g'.
Proof.
  intros order. pose proof log_pos. apply Rmult_le_compat_l; [apply Rlt_le, p0_range|].
  assert (step : 4 * g * ln (1 / eta) <= 4 * g' * ln (1 / eta)) by (apply Rmult_le_compat_r; lra).
  destruct step as [less|<-]; [apply Rlt_le, exp_increasing, less|lra].
Qed.

(* A larger weight is a larger probability. *)
Lemma share_le w w' : 0 < w <= w' -> w / (w + 1 - p0 k eta) <= w' / (w' + 1 - p0 k eta).
Proof.
  intros [pos order]. destruct p0_range as [[low _] high].
  apply (Rmult_le_reg_r ((w + 1 - p0 k eta) * (w' + 1 - p0 k eta))); [apply Rmult_lt_0_compat; lra|].
  replace (w / (w + 1 - p0 k eta) * ((w + 1 - p0 k eta) * (w' + 1 - p0 k eta))) with (w * (w' + 1 - p0 k eta))
    by (field; lra).
  replace (w' / (w' + 1 - p0 k eta) * ((w + 1 - p0 k eta) * (w' + 1 - p0 k eta)))
    with (w' * (w + 1 - p0 k eta)) by (field; lra).
  assert (w * (1 - p0 k eta) <= w' * (1 - p0 k eta)) by (apply Rmult_le_compat_r; lra). lra.
Qed.

(* Powers: with [j] literals of agreement lost, star weighs eta^(4j - 2), written without negative exponents. *)
Lemma weight_whole j : weight (INR k - INR j) * eta ^ 2 = eta ^ (4 * j).
Proof.
  unfold weight, p0.
  replace (4 * (INR k - INR j) * ln (1 / eta)) with (INR (4 * j) * ln eta + - (INR (4 * k) * ln eta)).
  - rewrite exp_plus, exp_Ropp.
    assert (power : forall m, exp (INR m * ln eta) = eta ^ m).
    { intros m. change (Rpower eta (INR m) = eta ^ m). apply Rpower_pow; lra. }
    rewrite !power. pose proof (pow_lt eta (4 * k) ltac:(lra)).
    replace (eta ^ (4 * k)) with (eta ^ (4 * k - 2) * eta ^ 2).
    + field. pose proof (pow_lt eta (4 * k - 2) ltac:(lra)). split; [lra|apply pow_nonzero; lra].
    + rewrite <- pow_add. f_equal. lia.
  - replace (1 / eta) with (/ eta) by (field; lra). rewrite ln_Rinv by lra. rewrite !mult_INR. simpl (INR 4). ring.
Qed.

(* An assignment agrees with a term by k less twice what it violates. *)
Lemma agreement_of_assignment sigma t : assignment sigma ->
  agreement sigma t = INR (length t) - 2 * INR (violated sigma t).
Proof.
  intros signs; unfold agreement. induction t as [|[v b] t IH]; [simpl; ring|].
  change (length ((v, b) :: t)) with (S (length t)). rewrite S_INR. simpl sum. rewrite IH. simpl violated.
  destruct Rlt_dec as [less|not]; try rewrite S_INR; destruct b; cbv [sign fst snd] in *;
    destruct (signs v) as [e|e]; rewrite e in *; lra.
Qed.

End Star.
