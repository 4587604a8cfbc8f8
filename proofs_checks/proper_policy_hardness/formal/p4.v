(* P4: no policy has gap below c/(8k), nor for k >= 2 below c/(4k), in both the world where nothing is rewarded and
   the world of an assignment that satisfies a part c of the terms; for every number of terms, k and n.

   The Chernoff value that stands between is not in it: two of its exponents are, 1/2 and 2/3. *)

From Coq Require Import Reals Lra Lia List.
From ExploreTheory Require Import Sums Laws Plantings.
Import ListNotations.
Open Scope R_scope.

(* --- definitions ------------------------------------------------------------------------------------- *)

(* Rewards <theta*, phi> of the two worlds: theta* = 0, and theta* = k^(-1/2) sigma. *)
Definition blank (t : term) (y : bool) : R := 0.
Definition planted (n k : nat) (sigma : nat -> R) (t : term) : bool -> R := score (inner n k sigma t).

(* What a policy lacks of the optimum at a term, and on average. *)
Definition gap_at (k : nat) (eta : R) (r : term -> bool -> R) (pi : term -> bool -> R) (t : term) : R :=
  objective answers (base k eta) (r t) (temperature k eta)
            (optimal answers (base k eta) (r t) (temperature k eta))
  - objective answers (base k eta) (r t) (temperature k eta) (pi t).
Definition gap (k : nat) (eta : R) r pi (terms : list term) : R :=
  sum terms (gap_at k eta r pi) / INR (length terms).

(* The part of the terms that sigma satisfies. *)
Definition part (sigma : nat -> R) (terms : list term) : R :=
  sum terms (fun t => match violated sigma t with O => 1 | S _ => 0 end) / INR (length terms).

(* --- two coins, told apart --------------------------------------------------------------------------- *)

(* A weighted sum of the divergences of a law on two answers from two others is at least -ln (u + v) for any u and v
   above the weighted geometric means; here u + v <= 1 once a part of the logarithm, [more], is taken out. *)
Lemma apart (p q1 q2 : bool -> R) (w lu lv more : R) :
  is_law answers p -> (forall y, 0 < q1 y) -> (forall y, 0 < q2 y) ->
  (1 - w) * ln (q1 true) + w * ln (q2 true) <= lu - more ->
  (1 - w) * ln (q1 false) + w * ln (q2 false) <= lv - more ->
  exp lu + exp lv <= 1 ->
  more <= (1 - w) * kl answers p q1 + w * kl answers p q2.
Proof.
  intros law pos1 pos2 up down little.
  set (q := fun y : bool => if y then exp lu else exp lv).
  assert (gibbs : sum answers p - sum answers q <= kl answers p q).
  { apply kl_at_least; [apply law| |].
    - intros [|] _; apply Rlt_le, exp_pos.
    - intros [|] _ zero; unfold q in zero; [pose proof (exp_pos lu)|pose proof (exp_pos lv)]; lra. }
  assert (total : sum answers q <= 1) by (simpl; lra).
  assert (mass : sum answers p = 1) by apply law.
  assert (each : forall y, In y answers ->
            p y * ln (p y / q y) + p y * more <= (1 - w) * (p y * ln (p y / q1 y)) + w * (p y * ln (p y / q2 y))).
  { intros y there. destruct (proj1 law y there) as [pos|<-]; [|lra].
    assert (pq : 0 < q y) by (destruct y; apply exp_pos).
    rewrite !ln_quotient by (try exact pos; auto).
    assert (geometric : (1 - w) * ln (q1 y) + w * ln (q2 y) <= ln (q y) - more).
    { destruct y; unfold q; rewrite ln_exp; assumption. }
    apply (Rmult_le_compat_l (p y)) in geometric; [|lra]. lra. }
  assert (whole : kl answers p q + more <= (1 - w) * kl answers p q1 + w * kl answers p q2).
  { apply (Rle_trans _ (sum answers (fun y => p y * ln (p y / q y) + p y * more))).
    - rewrite sum_plus, sum_scale_right, mass. unfold kl. lra.
    - unfold kl. rewrite <- !sum_scale, <- sum_plus. apply sum_le. exact each. }
  lra.
Qed.

(* --- a satisfied term tells the worlds apart --------------------------------------------------------- *)

Section Proof.
Variables (n k : nat) (eta : R) (sigma : nat -> R).
Hypothesis some : (0 < k)%nat.
Hypothesis small : 0 < eta <= 1 / 4.
Hypothesis signs : assignment sigma.

Let below_one : 0 < eta < 1.
Proof. lra. Qed.

Let worth (r : term -> bool -> R) (t : term) := optimal answers (base k eta) (r t) (temperature k eta).

Lemma positive r t y : 0 < worth r t y.
Proof.
  destruct (p0_range k eta some below_one) as [[low _] high].
  unfold worth, optimal. apply Rdiv_lt_0_compat; [|apply partition_pos, base_law; assumption].
  apply Rmult_lt_0_compat; [destruct y; unfold base; lra|apply exp_pos].
Qed.

Lemma gap_at_is r pi t : is_law answers (pi t) ->
  gap_at k eta r pi t = temperature k eta * kl answers (pi t) (worth r t).
Proof.
  intros law. unfold gap_at.
  assert (warm := temperature_pos k eta some below_one). assert (baselaw := base_law k eta some below_one).
  rewrite objective_optimal, objective_and_divergence; try assumption; [unfold worth; ring|].
  intros y _ zero. destruct (p0_range k eta some below_one) as [[low _] high].
  destruct y; unfold base in zero; lra.
Qed.

Lemma gap_at_nonneg r pi t : is_law answers (pi t) -> 0 <= gap_at k eta r pi t.
Proof.
  intros law. rewrite gap_at_is by exact law.
  apply Rmult_le_pos; [apply Rlt_le, temperature_pos; assumption|].
  apply kl_nonneg; [exact law|apply optimal_law, base_law; assumption|].
  intros y _ zero. pose proof (positive r t y). lra.
Qed.

(* Where nothing is rewarded the optimum is the base policy. *)
Lemma blank_is t y : worth blank t y = base k eta y.
Proof.
  unfold worth, optimal, partition, mean, blank.
  replace (0 / temperature k eta) with 0 by (unfold Rdiv; ring).
  rewrite exp_0, sum_scale_right, (proj2 (base_law k eta some below_one)). field.
Qed.

(* Where sigma is planted, a satisfied term has probability at least 1 - eta^2 of star. *)
Lemma planted_is t : well_formed n k t -> violated sigma t = 0%nat ->
  worth (planted n k sigma) t true <= 1 /\ worth (planted n k sigma) t false <= eta ^ 2.
Proof.
  intros well none.
  pose proof (optimal_law answers (base k eta) (planted n k sigma t) (temperature k eta)
                (base_law k eta some below_one)) as [_ one].
  fold (worth (planted n k sigma) t) in one. simpl in one.
  pose proof (positive (planted n k sigma) t true). pose proof (positive (planted n k sigma) t false).
  split; [lra|].
  assert (value : worth (planted n k sigma) t true
                  = weight k eta (agreement sigma t) / (weight k eta (agreement sigma t) + 1 - p0 k eta)).
  { apply (star_is n k eta some below_one sigma t well). }
  destruct (p0_range k eta some below_one) as [[low _] high].
  assert (pos := weight_pos k eta some below_one (agreement sigma t)).
  assert (w : weight k eta (agreement sigma t) * eta ^ 2 = 1).
  { rewrite agreement_of_assignment, (proj1 well), none by exact signs.
    replace (INR k - 2 * INR 0) with (INR k - INR 0) by (simpl; ring).
    rewrite weight_whole by assumption. reflexivity. }
  replace (worth (planted n k sigma) t false) with (1 - worth (planted n k sigma) t true) by lra.
  rewrite value. assert (0 < eta ^ 2) by (apply pow_lt; lra).
  apply (Rmult_le_reg_r (weight k eta (agreement sigma t) + 1 - p0 k eta)); [lra|].
  replace ((1 - weight k eta (agreement sigma t) / (weight k eta (agreement sigma t) + 1 - p0 k eta))
           * (weight k eta (agreement sigma t) + 1 - p0 k eta)) with (1 - p0 k eta) by (field; lra).
  rewrite Rmult_minus_distr_l, Rmult_plus_distr_l, (Rmult_comm (eta ^ 2) (weight _ _ _)), w.
  assert (p0 k eta * eta ^ 2 <= p0 k eta * 1).
  { apply Rmult_le_compat_l; [lra|]. rewrite <- (pow1 2). apply pow_incr; lra. }
  lra.
Qed.

Lemma ln_at_most_zero x : 0 < x <= 1 -> ln x <= 0.
Proof. intros [pos [less| ->]]; [rewrite <- ln_1; apply Rlt_le, ln_increasing; assumption|rewrite ln_1; lra]. Qed.

Lemma ln_power m : ln (eta ^ m) = INR m * ln eta.
Proof. apply ln_pow. lra. Qed.

Lemma ln_le x y : 0 < x -> x <= y -> ln x <= ln y.
Proof. intros pos [less| ->]; [apply Rlt_le, ln_increasing; assumption|lra]. Qed.

Lemma log_eta : ln eta <= - (2 * ln 2).
Proof.
  assert (four : ln (1 / 4) = - (2 * ln 2)).
  { replace (1 / 4) with (/ (2 * 2)) by field. rewrite ln_Rinv, ln_mult by lra. ring. }
  rewrite <- four. apply ln_le; lra.
Qed.

Let L := ln (1 / eta).

Lemma log_is : L = - ln eta.
Proof. unfold L. replace (1 / eta) with (/ eta) by (field; lra). apply ln_Rinv. lra. Qed.

(* [m] is 1/2, for all k, with the exponent 1/2, or 1, for k >= 2, with the exponent 2/3. *)
Lemma term_apart t p (m : R) : well_formed n k t -> violated sigma t = 0%nat -> is_law answers p ->
  m = 1 / 2 \/ (m = 1 /\ (2 <= k)%nat) ->
  let w := if Rlt_dec m 1 then 1 / 2 else 2 / 3 in
  m * L <= (1 - w) * kl answers p (worth blank t) + w * kl answers p (worth (planted n k sigma) t).
Proof.
  intros well none law kind w.
  destruct (planted_is t well none) as [top bottom].
  destruct (p0_range k eta some below_one) as [[low _] high].
  pose proof (positive (planted n k sigma) t true) as tpos. pose proof (positive (planted n k sigma) t false) as fpos.
  assert (one_true : ln (worth (planted n k sigma) t true) <= 0) by (apply ln_at_most_zero; lra).
  assert (one_false : ln (worth (planted n k sigma) t false) <= 2 * ln eta).
  { replace (2 * ln eta) with (INR 2 * ln eta) by (simpl; ring). rewrite <- ln_power. apply ln_le; assumption. }
  assert (zero_false : ln (base k eta false) <= 0) by (apply ln_at_most_zero; unfold base; lra).
  assert (zero_true : ln (base k eta true) = (4 * INR k - 2) * ln eta).
  { unfold base, p0. rewrite ln_power, minus_INR, mult_INR by lia. simpl. ring. }
  pose proof log_eta as logs. pose proof ln_lt_2 as two. pose proof log_is as lis.
  assert (count : INR 1 <= INR k) by (apply le_INR; lia). simpl in count.
  destruct kind as [->|[-> large]].
  - (* w = 1/2, u = v = 1/2 *)
    unfold w. destruct Rlt_dec as [_|no]; [|lra].
    apply (apart p (worth blank t) (worth (planted n k sigma) t) (1 / 2) (- ln 2) (- ln 2)); try assumption.
    + intros y; apply positive.
    + intros y; apply positive.
    + rewrite blank_is, zero_true, lis.
      assert ((4 * INR k - 2) * ln eta <= 2 * ln eta).
      { assert (INR k * ln eta <= 1 * ln eta); [|lra].
        rewrite (Rmult_comm (INR k)), (Rmult_comm 1). apply Rmult_le_compat_neg_l; lra. }
      lra.
    + rewrite blank_is, lis. lra.
    + rewrite exp_Ropp, exp_ln by lra. lra.
  - (* w = 2/3, u = eta, v = eta^(1/3) <= 3/4 *)
    assert (count2 : INR 2 <= INR k) by (apply le_INR; exact large). simpl in count2.
    unfold w. destruct Rlt_dec as [no|_]; [lra|].
    apply (apart p (worth blank t) (worth (planted n k sigma) t) (2 / 3) (ln eta) (ln eta / 3)); try assumption.
    + intros y; apply positive.
    + intros y; apply positive.
    + rewrite blank_is, zero_true, lis.
      assert (INR k * ln eta <= 2 * ln eta).
      { rewrite (Rmult_comm (INR k)), (Rmult_comm 2). apply Rmult_le_compat_neg_l; lra. }
      lra.
    + rewrite blank_is, lis. lra.
    + rewrite exp_ln by lra.
      assert (root : exp (ln eta / 3) <= 3 / 4); [|lra].
      assert (cube : exp (ln eta / 3) ^ 3 = eta).
      { simpl. rewrite Rmult_1_r, <- !exp_plus.
        replace (ln eta / 3 + (ln eta / 3 + ln eta / 3)) with (ln eta) by field. apply exp_ln; lra. }
      apply Rnot_lt_le. intros more.
      assert (lower : (3 / 4) ^ 3 <= exp (ln eta / 3) ^ 3) by (apply pow_incr; lra).
      rewrite cube in lower. simpl in lower. lra.
Qed.

End Proof.

(* --- the claim --------------------------------------------------------------------------------------- *)

Section Claim.
Variables (n k : nat) (eta : R) (sigma : nat -> R) (terms : list term) (pi : term -> bool -> R) (m : R).
Hypothesis some : (0 < k)%nat.
Hypothesis small : 0 < eta <= 1 / 4.
Hypothesis signs : assignment sigma.
Hypothesis nonempty : terms <> [].
Hypothesis well : forall t, In t terms -> well_formed n k t.
Hypothesis policy : forall t, In t terms -> is_law answers (pi t).
Hypothesis kind : m = 1 / 2 \/ (m = 1 /\ (2 <= k)%nat).

(* The weight does not depend on the term. *)
Lemma both_gaps : exists w, 0 <= w <= 1 /\
  m * part sigma terms / (4 * INR k)
  <= (1 - w) * gap k eta blank pi terms + w * gap k eta (planted n k sigma) pi terms.
Proof.
  assert (count : 0 < INR (length terms)) by (apply lt_0_INR; destruct terms; [contradiction|simpl; lia]).
  assert (one : 0 < eta < 1) by lra.
  assert (warm := temperature_pos k eta some one). assert (scale := temperature_log k eta some one).
  set (w := if Rlt_dec m 1 then 1 / 2 else 2 / 3).
  exists w. split; [unfold w; destruct Rlt_dec; lra|].
  assert (each : forall t, In t terms ->
    m * (match violated sigma t with O => 1 | S _ => 0 end) / (4 * INR k)
    <= (1 - w) * gap_at k eta blank pi t + w * gap_at k eta (planted n k sigma) pi t).
  { intros t it. pose proof (policy t it) as law.
    assert (weights : 0 <= w <= 1) by (unfold w; destruct Rlt_dec; lra).
    destruct (violated sigma t) as [|u] eqn:count_t.
    - rewrite !gap_at_is by assumption.
      pose proof (term_apart n k eta sigma some small signs t (pi t) m (well t it) count_t law kind) as bound.
      fold w in bound. apply (Rmult_le_compat_l (temperature k eta)) in bound; [|lra].
      replace (m * 1 / (4 * INR k)) with (temperature k eta * (m * ln (1 / eta))).
      + lra.
      + transitivity (m * (temperature k eta * ln (1 / eta))); [ring|]. rewrite scale. field.
        apply Rgt_not_eq, lt_0_INR, some.
    - rewrite Rmult_0_r. unfold Rdiv. rewrite Rmult_0_l.
      pose proof (gap_at_nonneg k eta some small blank pi t law).
      pose proof (gap_at_nonneg k eta some small (planted n k sigma) pi t law).
      apply Rplus_le_le_0_compat; apply Rmult_le_pos; lra. }
  unfold gap, part. set (good := fun t => match violated sigma t with O => 1 | S _ => 0 end) in *.
  assert (left_ : sum terms (fun t => m * good t / (4 * INR k)) = m * sum terms good / (4 * INR k)).
  { unfold Rdiv. rewrite sum_scale_right, sum_scale. reflexivity. }
  assert (total : m * sum terms good / (4 * INR k)
    <= (1 - w) * sum terms (gap_at k eta blank pi) + w * sum terms (gap_at k eta (planted n k sigma) pi)).
  { rewrite <- left_, <- !sum_scale, <- sum_plus. apply sum_le. exact each. }
  pose proof (lt_0_INR k some).
  apply (Rmult_le_reg_r (INR (length terms))); [exact count|].
  replace (m * (sum terms good / INR (length terms)) / (4 * INR k) * INR (length terms))
    with (m * sum terms good / (4 * INR k)) by (field; lra).
  replace (((1 - w) * (sum terms (gap_at k eta blank pi) / INR (length terms))
            + w * (sum terms (gap_at k eta (planted n k sigma) pi) / INR (length terms))) * INR (length terms))
    with ((1 - w) * sum terms (gap_at k eta blank pi) + w * sum terms (gap_at k eta (planted n k sigma) pi))
    by (field; lra).
  exact total.
Qed.

End Claim.

Theorem p4 (n k : nat) (eta : R) (sigma : nat -> R) (terms : list term) (pi : term -> bool -> R) :
  (0 < k)%nat -> 0 < eta <= 1 / 4 -> assignment sigma -> terms <> [] ->
  (forall t, In t terms -> well_formed n k t) -> (forall t, In t terms -> is_law answers (pi t)) ->
  let c := part sigma terms in
  let worse := Rmax (gap k eta blank pi terms) (gap k eta (planted n k sigma) pi terms) in
  c / (8 * INR k) <= worse /\ ((2 <= k)%nat -> c / (4 * INR k) <= worse).
Proof.
  intros some small signs nonempty well policy c worse.
  assert (count := lt_0_INR k some).
  assert (above : forall m, m = 1 / 2 \/ (m = 1 /\ (2 <= k)%nat) -> m * c / (4 * INR k) <= worse).
  { intros m kind.
    destruct (both_gaps n k eta sigma terms pi m some small signs nonempty well policy kind) as [w [range bound]].
    apply (Rle_trans _ _ _ bound).
    replace worse with ((1 - w) * worse + w * worse) by ring.
    apply Rplus_le_compat; apply Rmult_le_compat_l; try lra; [apply Rmax_l|apply Rmax_r]. }
  split.
  - replace (c / (8 * INR k)) with (1 / 2 * c / (4 * INR k)) by (field; lra). apply above; left; reflexivity.
  - intros large. replace (c / (4 * INR k)) with (1 * c / (4 * INR k)) by (field; lra).
    apply above; right; split; [reflexivity|exact large].
Qed.

(* --- false variants, at one term of one literal, eta = 1/4 ------------------------------------------- *)

From ExploreTheory Require Import Bounds.

Definition all_true : nat -> R := fun _ => 1.
Definition one_term : list term := [[(0%nat, true)]].
Definition even (t : term) (y : bool) : R := 1 / 2.

Lemma whole_part : part all_true one_term = 1.
Proof.
  unfold part, one_term; simpl. destruct Rlt_dec as [less|_]; [exfalso; unfold all_true in less; lra|field].
Qed.

Definition always (least : nat -> nat -> R -> (nat -> R) -> list term -> (term -> bool -> R) -> Prop) :=
  forall n k eta sigma terms pi, (0 < k)%nat -> 0 < eta <= 1 / 4 -> assignment sigma -> terms <> [] ->
  (forall t, In t terms -> well_formed n k t) -> (forall t, In t terms -> is_law answers (pi t)) ->
  least n k eta sigma terms pi.

Lemma in_example (least : nat -> nat -> R -> (nat -> R) -> list term -> (term -> bool -> R) -> Prop) pi :
  is_law answers (pi [(0%nat, true)]) -> always least -> least 1%nat 1%nat (1 / 4) all_true one_term pi.
Proof.
  intros law says. apply says; [lia|lra|intros v; left; reflexivity|discriminate|..].
  - intros t [<-|[]]. split; [reflexivity|intros l [<-|[]]; simpl; lia].
  - intros t [<-|[]]. exact law.
Qed.

Ltac numbers := cbv [gap gap_at blank planted even all_true one_term]; expand_plantings.

Lemma even_gaps : gap 1 (1 / 4) blank even one_term < 1 / 4 /\ gap 1 (1 / 4) (planted 1 1 all_true) even one_term < 1 / 4.
Proof. split; numbers; bounds. Qed.

Lemma even_law : is_law answers (even [(0%nat, true)]).
Proof. split; [intros y _; unfold even; lra|unfold even; simpl; lra]. Qed.

(* c/(4k) for k = 1 too. *)
Theorem not_one_literal : ~ always (fun n k eta sigma terms pi => part sigma terms / (4 * INR k)
  <= Rmax (gap k eta blank pi terms) (gap k eta (planted n k sigma) pi terms)).
Proof.
  intros says. apply (in_example _ even even_law) in says. cbv beta in says. rewrite whole_part in says.
  simpl INR in says.
  revert says. apply Rlt_not_le, Rmax_lub_lt; pose proof even_gaps; lra.
Qed.

(* c/(2k). *)
Theorem not_half_of_k : ~ always (fun n k eta sigma terms pi => part sigma terms / (2 * INR k)
  <= Rmax (gap k eta blank pi terms) (gap k eta (planted n k sigma) pi terms)).
Proof.
  intros says. apply (in_example _ even even_law) in says. cbv beta in says. rewrite whole_part in says.
  simpl INR in says.
  revert says. apply Rlt_not_le, Rmax_lub_lt; pose proof even_gaps; lra.
Qed.

(* The planted world alone: its own optimum has no gap there. *)
Theorem not_planted_world_alone : ~ always (fun n k eta sigma terms pi => part sigma terms / (8 * INR k)
  <= gap k eta (planted n k sigma) pi terms).
Proof.
  intros says.
  apply (in_example _ (fun t => optimal answers (base 1 (1 / 4)) (planted 1 1 all_true t) (temperature 1 (1 / 4)))) in says.
  - cbv beta in says. rewrite whole_part in says. revert says. unfold gap, gap_at, one_term. simpl sum. simpl INR. lra.
  - apply optimal_law, base_law; [lia|lra].
Qed.
